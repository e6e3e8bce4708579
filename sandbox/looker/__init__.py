"""A stand-in for Looker Studio: runs the connector's Apps Script files and treats their answers as the host does."""

from typing import Any

type Json = Any
"""What `json.loads` gives: judged where it is read, since it comes from outside."""
