"""Faults on order: each strikes the next requests to paths with a prefix.

They are given to `create_app`, or set while running by `POST /__sim__/faults`, which only the simulator knows.
"""

import socket
import struct
import time
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Literal

import msgspec
from flask import Blueprint, Response, g, request

from .errors import ApiError, json_response
from .limits import too_many_requests
from .oauth import Login
from .parameters import json_body

PATH = "/__sim__"

type Kind = Literal[
    "rate_limited",
    "server_error",
    "forbidden",
    "token_revoked",
    "secret_rotated",
    "repeated_page",
    "drifted_page",
    "job_failed",
    "job_expired",
    "job_lost",
    "slow",
    "truncated",
    "html",
    "reset",
]


class Fault(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """One order: what happens (`kind`) to the next `times` requests whose path begins with `path`.

    The first `skip` matching requests pass; `times` of 0 goes on until cleared. `retry_after` (seconds) is for
    `rate_limited`, `status` for `server_error` and `html`, `seconds` for `slow`, `secret` for `secret_rotated`,
    `permission` for `forbidden`. A query page struck by `drifted_page` begins `rows` later (negative: earlier). A
    `job_..` fault strikes the job that the request submits or asks for.
    """

    kind: Kind
    path: str = "/"
    times: int = 1
    skip: int = 0
    status: int = 0
    retry_after: int = 5
    seconds: float = 1.0
    secret: str = ""
    permission: str = "analytics:conversationDetail:view"
    rows: int = -1


class Faults:
    """The orders that are still to be carried out, first come first served."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = Lock()
        self._waiting = [msgspec.structs.replace(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        with self._lock:
            return [msgspec.structs.replace(fault) for fault in self._waiting]

    def take(self, path: str) -> Fault | None:
        """The fault that strikes a request to `path`, counted as carried out; None where none does."""
        with self._lock:
            for fault in self._waiting:
                if not path.startswith(fault.path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times:
                    fault.times -= 1
                    if not fault.times:
                        self._waiting.remove(fault)
                return fault
        return None

    def blueprint(self) -> Blueprint:
        routes = Blueprint("faults", __name__, url_prefix=PATH)
        routes.add_url_rule("/faults", "list", self._list)
        routes.add_url_rule("/faults", "order", self._order, methods=["POST"])
        routes.add_url_rule("/faults", "cancel", self._cancel, methods=["DELETE"])
        return routes

    def _list(self) -> Response:
        return json_response({"faults": msgspec.to_builtins(self.waiting())})

    def _order(self) -> Response:
        self.add(json_body(Fault))
        return self._list()

    def _cancel(self) -> Response:
        self.clear()
        return self._list()


def strike_before(fault: Fault, login: Login) -> None:
    """Carry out what happens instead of, or before, the ordinary answer."""
    match fault.kind:
        case "rate_limited":
            raise too_many_requests(fault.retry_after)
        case "server_error":
            raise ApiError(fault.status or 503, "The service could not complete the request")
        case "forbidden":
            message = f"Unable to perform the requested action. You must have the permission {fault.permission}"
            raise ApiError(403, message, "missing.permissions", {"permissions": fault.permission})
        case "token_revoked":
            login.revoke_all()
        case "secret_rotated":
            login.rotate(fault.secret)
        case "repeated_page" | "job_failed" | "job_expired" | "job_lost":
            g.ordered = fault.kind
        case "drifted_page":
            g.drift = fault.rows
        case "slow":
            time.sleep(fault.seconds)


def strike_after(fault: Fault, response: Response) -> Response:
    """Carry out what happens to the ordinary answer on its way out."""
    body = response.get_data()
    match fault.kind:
        case "truncated":
            response.set_data(body[: len(body) // 2])
        case "html":
            page = b"<!DOCTYPE html><html><body><h1>Please try again later</h1></body></html>"
            response.set_data(page)
            response.content_type = "text/html; charset=utf-8"
            response.status_code = fault.status or 200
        case "reset":
            response.response = _broken_off(body[: len(body) // 2], request.environ.get("werkzeug.socket"))
            response.headers["Content-Length"] = str(len(body))
    return response


def _broken_off(begin: bytes, connection: socket.socket | None) -> Iterator[bytes]:
    yield begin
    if connection:
        # Lingering for no time makes the closing socket send a reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError("the answer was broken off on order")
