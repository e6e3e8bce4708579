"""Whether this process was told to end: runs then stop at their next step and give the lease back."""

import threading

STOP_REQUESTED = threading.Event()


class RunStoppedError(Exception):
    """The process is ending; what was committed stays, and the next run goes on from there."""


def go_on() -> None:
    """Raises `RunStoppedError` once the process was told to end."""
    if STOP_REQUESTED.is_set():
        raise RunStoppedError
