"""A Genesys organisation of a few conversations behind a real socket, and the tools of runs that read it."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.catalog import load_catalog
from backend.extraction.context import Answer, Context, Progress, Tools, make_tools
from backend.extraction.pipeline import extract
from backend.extraction.runs import perform
from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run
from backend.warehouse.lease import Lease
from backend.warehouse.receipts import open_receipt
from backend.warehouse.state import read_state
from backend.warehouse.tables import create_missing_tables
from tests.extraction.records import Json
from tests.genesys.fakes import FakeGenesys, Received, Reply

QUERY = "/api/v2/analytics/conversations/details/query"
LOOKUPS = {
    "/api/v2/routing/queues": [{"id": "q1", "name": "Billing"}],
    "/api/v2/users": [
        {"id": "u1", "name": "Agent 014", "locations": [{"locationDefinition": {"id": "l1", "name": "Leipzig"}}]}
    ],
    "/api/v2/routing/skills": [{"id": "s1", "name": "German"}],
    "/api/v2/routing/wrapupcodes": [{"id": "w1", "name": "Resolved"}],
    "/api/v2/teams": [{"id": "t1", "name": "Team 3"}],
    "/api/v2/locations": [{"id": "l1", "name": "Leipzig"}],
}


class Clock:
    """A wall clock that only the test, waits and slow answers move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Organization:
    """Answers details queries from `records`, by start, `page_size` a page; `strays` come with every window.

    `hits` may report another total than the true one; each query takes `seconds` of the clock.
    """

    def __init__(self, fake: FakeGenesys, clock: Clock) -> None:
        self.clock = clock
        self.fake = fake
        self.records: list[Json] = []
        self.strays: list[Json] = []
        self.hits: Callable[[timedelta, int], int] = lambda _length, true: true
        self.page_size = 2
        self.seconds = 0.0
        fake.on(QUERY, self._answer)
        for path, entities in LOOKUPS.items():
            fake.on(path, Reply({"entities": entities, "pageCount": 1}))

    def forbid(self, path: str) -> None:
        self.fake.on(path, Reply({"code": "missing.permissions", "message": "not allowed"}, 403))

    def windows(self) -> list[tuple[datetime, datetime]]:
        """The windows that were asked for, once each, in their order."""
        return list(dict.fromkeys(_interval(call.json) for call in self.fake.calls(QUERY)))

    def _answer(self, request: Received) -> Reply:
        self.clock.sleep(self.seconds)
        body = request.json
        start, end = _interval(body)
        found = [record for record in self.records if start <= _started(record) < end] + self.strays
        first = (body["paging"]["pageNumber"] - 1) * self.page_size
        answer: Json = {"totalHits": self.hits(end - start, len(found))}
        page = found[first : first + self.page_size]
        return Reply(answer | ({"conversations": page} if page else {}))


def _interval(body: Json) -> tuple[datetime, datetime]:
    start, end = map(datetime.fromisoformat, body["interval"].split("/"))
    return start, end


def _started(record: Json) -> datetime:
    return datetime.fromisoformat(record["conversationStart"])


class Operator:
    """Runs tasks against the organisation and looks at what they leave."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.warehouse = Warehouse(settings)
        self.tools: Tools = dataclasses.replace(
            make_tools(settings, load_catalog(), self.warehouse),
            connect=self._connect,
            now=clock,
            monotonic=lambda: 0.0,
        )

    def _connect(self, pacer: Pacer, heartbeat: Callable[[], None], deadline: float) -> GenesysClient:
        settings = self.tools.settings
        return GenesysClient(
            GenesysAddress(settings.genesys_api_url or "", settings.genesys_login_url or ""),
            settings.genesys_client_id,
            settings.genesys_client_secret,
            pacer=pacer,
            timeout_seconds=5,
            heartbeat=heartbeat,
            deadline=deadline,
            clock=lambda: self.clock.now.timestamp(),
            sleep=self.clock.sleep,
        )

    def extract(self) -> Answer:
        return perform(self.tools, "extract", extract)

    def die_after(self, steps: int, name: str) -> bool:
        """A run whose process dies after so many steps; False where it came to its end before."""
        create_missing_tables(self.warehouse, self.tools.catalog)
        run = Run(f"{name}-{self.warehouse.dataset}", "extract", self.clock.now)
        lease = Lease.acquire(self.warehouse, run.id, seconds=60, clock=lambda: 0.0)
        assert lease is not None
        state = read_state(self.warehouse)
        deadline = run.started_at.timestamp() + self.tools.settings.run_deadline_seconds
        pacer = Pacer(100_000, clock=lambda: self.clock.now.timestamp())
        genesys = self._connect(pacer, lease.keep, deadline)
        open_receipt(self.warehouse, run)
        work: Iterator[None] = extract(
            Context(self.tools, run, lease, genesys, state, deadline, Progress(watermark=state.watermark))
        )
        died = all(next(work, "ended") is None for _ in range(steps))
        self.warehouse.run(
            f"UPDATE {self.warehouse.table('extraction_state')} "
            "SET lease_until = TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 SECOND) WHERE TRUE"
        )
        return died

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """The stored conversations, without what tells one run from another."""
        chosen = ", ".join(columns) or "* EXCEPT (extracted_at)"
        table = self.warehouse.table("interaction_details")
        return sorted((tuple(row.values()) for row in self.warehouse.run(f"SELECT {chosen} FROM {table}")), key=repr)

    def one(self, table: str, condition: str = "TRUE") -> Json:
        rows = self.warehouse.run(f"SELECT * FROM {self.warehouse.table(table)} WHERE {condition}")
        (row,) = [dict(row.items()) for row in rows]
        return row


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
