"""`python -m backend ...`"""

from backend.cli import main

main()
