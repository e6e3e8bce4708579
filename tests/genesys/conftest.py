"""The fake Genesys Cloud behind a real socket, and a client of it whose time is the test's own."""

import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.settings import Secret
from tests.genesys.fakes import SECRET, FakeGenesys, FakeTime, Handler


@pytest.fixture
def genesys() -> Iterator[FakeGenesys]:
    fake = FakeGenesys()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"fake": fake}))
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    fake.done.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


type MakeClient = Callable[..., GenesysClient]


@pytest.fixture
def make_client(genesys: FakeGenesys, fake_time: FakeTime) -> MakeClient:
    """A client of the fake server; any argument of `GenesysClient` can be replaced."""

    def make(**changes: Any) -> GenesysClient:
        arguments: dict[str, Any] = {
            "address": GenesysAddress(genesys.url, genesys.url),
            "client_id": "the-client-id",
            "client_secret": Secret(SECRET),
            "pacer": Pacer(100_000, clock=fake_time.clock),
            "timeout_seconds": 5.0,
            "heartbeat": fake_time.beat,
            "clock": fake_time.clock,
            "sleep": fake_time.sleep,
        }
        return GenesysClient(**arguments | changes)

    return make


@pytest.fixture
def client(make_client: MakeClient) -> GenesysClient:
    return make_client()
