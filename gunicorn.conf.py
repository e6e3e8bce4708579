"""Server settings; App Engine and a plain `gunicorn` start both read them.

The settings of the service are checked before any worker is forked: a bad one ends the process with one line.
"""

import os

from backend import create_app
from backend.errors import SchemaFileError, SettingsError

worker_class = "gthread"
workers = 2
threads = 8
# A run may last RUN_DEADLINE_SECONDS (540 by default); a worker that is silent longer than this is replaced.
timeout = int(os.environ.get("RUN_DEADLINE_SECONDS") or 540) + 60
graceful_timeout = 15
keepalive = 75
accesslog = None


def on_starting(server: object) -> None:
    try:
        create_app()
    except (SettingsError, SchemaFileError) as error:
        raise SystemExit(f"The service does not start: {error}") from None
