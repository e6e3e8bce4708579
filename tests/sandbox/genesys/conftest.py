from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.genesys import Client, Fault, World, create_app
from sandbox.genesys.instants import DAY, parse

FIRST_START = parse("2026-03-11T14:25:36.789Z")
CLIENT = Client("client-of-tests", "secret-of-tests", token_seconds=3_600)
QUERY = "/api/v2/analytics/conversations/details/query"


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Caller:
    """Calls a simulator over its world with a valid token."""

    def __init__(self, world: World, clock: MovableClock, limit_per_minute: int, faults: list[Fault]) -> None:
        self.clock = clock
        app = create_app(world, clock=clock, limit_per_minute=limit_per_minute, client=CLIENT, faults=faults)
        self.http: FlaskClient = app.test_client()
        self.token = ""

    def log_in(self, secret: str = CLIENT.secret, identity: str = CLIENT.id) -> TestResponse:
        response = self.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(identity, secret))
        if response.status_code == 200:
            self.token = response.json["access_token"] if response.json else ""
        return response

    def wait(self, milliseconds: int) -> None:
        """Let time pass, and log in again, for the token may have died meanwhile."""
        self.clock.now += milliseconds
        self.log_in()

    def get(self, path: str, **parameters: Any) -> TestResponse:
        return self.http.get(f"/api/v2{path}", query_string=parameters, headers=self._headers())

    def post(self, path: str, body: Any) -> TestResponse:
        return self.http.post(path, json=body, headers=self._headers())

    def query(self, interval: str, size: int = 100, page: int = 1, **more: Any) -> dict[str, Any]:
        response = self.post(QUERY, {"interval": interval, "paging": {"pageSize": size, "pageNumber": page}} | more)
        assert response.status_code == 200, response.text
        return dict(response.json or {})

    def pages(self, interval: str, size: int = 100, **more: Any) -> Iterator[list[dict[str, Any]]]:
        number = 1
        while "conversations" in (page := self.query(interval, size, number, **more)):
            yield page["conversations"]
            number += 1

    def all(self, interval: str, **more: Any) -> list[dict[str, Any]]:
        return [record for page in self.pages(interval, **more) for record in page]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=11, first_start=FIRST_START, conversations=900, days=3)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(FIRST_START)


@pytest.fixture
def caller(world: World, clock: MovableClock) -> Caller:
    caller = Caller(world, clock, limit_per_minute=10_000, faults=[])
    caller.log_in()
    return caller


@pytest.fixture(scope="session")
def days(world: World) -> range:
    """UTC days of the world's history."""
    return range(world.origin // DAY, FIRST_START // DAY + 1)
