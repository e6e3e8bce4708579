"""A Genesys Cloud that answers what it is told, and a time that is the test's own."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

START = 1_700_000_000.0
SECRET = "the-client-secret"


@dataclass(frozen=True)
class Reply:
    """What one request gets. `cut` bytes are held back and the connection is closed; `stall` is silence."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    stall: bool = False

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    params: dict[str, str]
    query: str
    authorization: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def grant(token: str = "token-1", expires_in: int = 86_400) -> Reply:
    return Reply({"access_token": token, "token_type": "bearer", "expires_in": expires_in})


class FakeGenesys:
    """Answers by path from a list (the last reply stays) or from a function of the request."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.routes: dict[str, list[Reply] | Callable[[Received], Reply]] = {"/oauth/token": [grant()]}
        self.done = threading.Event()
        self.url = ""

    def on(self, path: str, *replies: Reply | Callable[[Received], Reply]) -> None:
        first = replies[0]
        self.routes[path] = (
            [reply for reply in replies if isinstance(reply, Reply)] if isinstance(first, Reply) else first
        )

    def calls(self, path: str) -> list[Received]:
        return [request for request in self.received if request.path == path]

    def answer(self, request: Received) -> Reply:
        self.received.append(request)
        route = self.routes.get(request.path, [Reply({"code": "not.found", "message": "no such path"}, 404)])
        if callable(route):
            return route(request)
        return route.pop(0) if len(route) > 1 else route[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together; apart, each answer would wait for a delayed acknowledgement.
    wbufsize = 1 << 16
    fake: FakeGenesys

    def handle(self) -> None:
        # A client may hang up on what it does not want.
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        params = {name: values[0] for name, values in parse_qs(split.query).items()}
        authorization = self.headers.get("Authorization", "")
        reply = self.fake.answer(Received(self.command, split.path, params, split.query, authorization, body))
        if reply.stall:
            self.fake.done.wait()
            self.close_connection = True
            return
        payload = reply.payload
        self.send_response_only(reply.status)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = reply.cut > 0
        self.wfile.write(payload[: len(payload) - reply.cut])

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test's output clean."""


class FakeTime:
    """A clock that only sleeping moves; `beats` are the moments of the heartbeats."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []
        self.beats: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def beat(self) -> None:
        self.beats.append(self.now)
