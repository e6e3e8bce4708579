"""TCP ports on this machine's loopback address."""

import os
import socket

LOOPBACK = "127.0.0.1"


def chosen_port(variable: str, default: int) -> int:
    """The port that an environment variable chooses, which must be free; else the default, or a free one instead.

    Raises `ValueError` for a variable that holds no port, or one that is taken.
    """
    value = os.environ.get(variable)
    if not value:
        return free_port(default)
    if not value.isdigit() or not 0 < int(value) < 65_536:
        raise ValueError(f"{variable} is {value!r}; expected a port number from 1 to 65535")
    if free_port(int(value)) != int(value):
        raise ValueError(f"{variable}: port {value} is taken; choose another")
    return int(value)


def free_port(preferred: int = 0) -> int:
    """`preferred` where nobody listens on it, else any free port."""
    for candidate in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: connections of a server that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback address")
