"""Log lines as Google Cloud reads them: one JSON object a line with `severity`, `message` and `requestId`."""

import logging
from typing import Any, TextIO, cast

from flask import g, has_request_context
from flask.logging import wsgi_errors_stream
from pythonjsonlogger.json import JsonFormatter


class CloudFormatter(JsonFormatter):
    def __init__(self) -> None:
        super().__init__("%(message)s %(name)s", rename_fields={"name": "logger"}, timestamp=True)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["severity"] = record.levelname
        if has_request_context() and "request_id" in g:
            log_data["requestId"] = g.request_id


def configure_logging() -> None:
    """Adds our handler to the root logger, once a process."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, CloudFormatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler(cast(TextIO, wsgi_errors_stream))
    handler.setFormatter(CloudFormatter())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
