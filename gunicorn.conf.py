"""Server settings; App Engine and a plain `gunicorn` start both read them.

The settings of the service are checked here, before any worker is forked: a bad one ends the process with one line.
"""

import signal
from types import FrameType

from backend import create_app
from backend.errors import SchemaFileError, SettingsError
from backend.extraction.stopping import STOP_REQUESTED
from backend.settings import load_settings

try:
    _settings = load_settings()
    create_app(_settings)
except (SettingsError, SchemaFileError) as error:
    raise SystemExit(f"The service does not start: {error}") from None

worker_class = "gthread"
workers = 2
threads = 8
# A worker that is silent for longer than a run may last is replaced.
timeout = _settings.run_deadline_seconds + 60
graceful_timeout = 15
keepalive = 75
accesslog = None
# It would be made in the home folder, which App Engine keeps read-only.
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """A run under way hears of the end at once and gives its lease back."""
    end = signal.getsignal(signal.SIGTERM)

    def stop(signum: int, frame: FrameType | None) -> None:
        STOP_REQUESTED.set()
        if callable(end):
            end(signum, frame)

    signal.signal(signal.SIGTERM, stop)
