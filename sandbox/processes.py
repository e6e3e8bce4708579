"""Child processes that do not outlive us."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1


def child_process(command: Sequence[str], *, env: Mapping[str, str], stdout: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts a process that our terminal's Ctrl-C does not reach and that, on Linux, ends when we are killed."""
    return subprocess.Popen(
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
