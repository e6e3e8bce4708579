"""Ready result pages of a detail job, served by a process of its own so that making them costs the reader nothing."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import batched
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from sandbox.genesys import World
from sandbox.genesys.instants import DAY

_NOW = 1_715_817_600_000
_LONG_AFTER = _NOW + 60 * DAY
_CONVERSATIONS_A_DAY = 15_000
_PAGE_SIZE = 1_000
_IDS = re.compile(rb'("conversationId":")..')
# Token, job, its state, the horizon and an empty list at once: each reader takes what it asked for.
_OTHERWISE = (
    b'{"access_token":"token","token_type":"bearer","expires_in":86400,"jobId":"benchmark","state":"FULFILLED",'
    b'"dataAvailabilityDate":"2024-05-16T00:00:00.000Z","entities":[],"pageCount":1}'
)


def job_pages_of(conversations: int, kilobytes: float) -> list[bytes]:
    """Pages as a detail job gives them, of simulated conversations with `kilobytes` of JSON each on average.

    The simulator leaves out most of the published properties; statistics of the media endpoints make up the size.
    """
    days = math.ceil(conversations / _CONVERSATIONS_A_DAY) + 1
    world = World(1, _NOW, _CONVERSATIONS_A_DAY * days, days)
    plans = (plan for day in range(_NOW // DAY - days, _NOW // DAY) for plan in world.day(day))
    records = [
        orjson.loads(world.record(plan, _LONG_AFTER, attributes=True))
        for plan, _ in zip(plans, range(conversations), strict=False)
    ]
    _enlarge(records, kilobytes)
    pages = list(batched(records, _PAGE_SIZE, strict=False))
    return [_page(page, number, last=number == len(pages) - 1) for number, page in enumerate(pages)]


@contextmanager
def served(pages: list[bytes], times: int = 1) -> Iterator[str]:
    """The base address of a server in another process: a login, and one fulfilled job with these pages.

    With `times` they come that often, each time with other ids.
    """
    ours, theirs = Pipe()
    process = Process(target=_serve, args=(pages, times, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _enlarge(records: list[dict[str, Any]], kilobytes: float) -> None:
    statistic = {
        "codecs": ["audio/PCMU"], "minMos": 4.87, "minRFactor": 92.4, "maxLatencyMs": 61, "receivedPackets": 5_412,
        "discardedPackets": 0, "overrunPackets": 0, "invalidPackets": 0, "duplicatePackets": 0, "underrunPackets": 3,
        "eventTime": "2024-05-15T09:41:07.120Z",
    }  # fmt: skip
    missing = kilobytes * 1_000 * len(records) - sum(len(orjson.dumps(record)) for record in records)
    sessions = [s for record in records for participant in record["participants"] for s in participant["sessions"]]
    copies = missing / len(orjson.dumps(statistic)) / len(sessions)
    for number, session in enumerate(sessions):
        count = int(copies * (number + 1)) - int(copies * number)
        session["mediaEndpointStats"] = [statistic] * max(0, count)


def _page(records: tuple[dict[str, Any], ...], number: int, *, last: bool) -> bytes:
    page: dict[str, Any] = {"conversations": records, "dataAvailabilityDate": "2024-05-16T00:00:00.000Z"}
    return orjson.dumps(page if last else page | {"cursor": str(number + 1)})


def _nth(pages: list[bytes], number: int, last: int) -> bytes:
    """A page of a result that repeats the pages with other ids; its cursor names the next."""
    again, position = divmod(number, len(pages))
    body = _IDS.sub(rb"\g<1>%02x" % again, pages[position])
    head = body[: body.rindex(b',"dataAvailabilityDate"')]
    cursor = b"" if number == last else b',"cursor":"%d"' % (number + 1)
    return head + b',"dataAvailabilityDate":"2024-05-16T00:00:00.000Z"' + cursor + b"}"


def _serve(pages: list[bytes], times: int, parent: Connection) -> None:
    last = len(pages) * times - 1

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.endswith("/results"):
                number = int(parse_qs(address.query).get("cursor", ["0"])[0])
                self._answer(_nth(pages, number, last) if times > 1 else pages[number])
            else:
                self._answer(_OTHERWISE)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(_OTHERWISE)

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    parent.send(server.server_port)
    server.serve_forever()
