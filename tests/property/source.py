"""A Genesys organisation that tests write the history of: each conversation has versions, and its data lake lags."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from backend.forms import rfc3339
from tests.extraction.organization import LOOKUPS, Clock
from tests.extraction.records import Json
from tests.genesys.fakes import FakeGenesys, Handler, Received, Reply

DETAILS = "/api/v2/analytics/conversations/details"
QUERY = f"{DETAILS}/query"
JOBS = f"{DETAILS}/jobs"
AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"
LAG = timedelta(hours=2)


@contextmanager
def fake_genesys() -> Iterator[FakeGenesys]:
    """A server of its own, for an example that no fixture serves."""
    fake = FakeGenesys()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"fake": fake}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Source:
    """Query and details by id tell the newest version, a detail job that of its `dataAvailabilityDate`.

    `page_size` holds for jobs and queries. `faults` are given, oldest first, instead of the answers to come. A job
    submitted after `repeat_pages_of_next_job` was set gives the same page and cursor for ever. `job_state` is told of
    every job; results lag `results_lag` behind.
    """

    def __init__(self, fake: FakeGenesys, clock: Clock) -> None:
        self.fake = fake
        self.clock = clock
        self.page_size = 100
        self.faults: list[Reply] = []
        self.repeat_pages_of_next_job = False
        self.job_state = "FULFILLED"
        self.results_lag = LAG
        self.names: dict[str, Any] = {**LOOKUPS}
        self._versions: dict[str, list[tuple[datetime, Json | None]]] = defaultdict(list)
        for path, answer in {
            QUERY: self._query,
            DETAILS: self._by_ids,
            JOBS: self._submit,
            f"{JOBS}/availability": lambda _: Reply({"dataAvailabilityDate": rfc3339(self.horizon())}),
            AGGREGATES: lambda _: Reply({"code": "missing.permissions", "message": "not allowed"}, 403),
        }.items():
            fake.on(path, self._or_fault(answer))
        for path in LOOKUPS:
            fake.on(path, self._or_fault(lambda request: self._lookup(request.path)))

    def put(self, record: Json) -> None:
        """A new conversation (there since it began), or a new version of one from now on."""
        versions = self._versions[record["conversationId"]]
        versions.append((self.clock.now if versions else _moment(record, "conversationStart"), record))

    def delete(self, identity: str) -> None:
        self._versions[identity].append((self.clock.now, None))

    def rename(self, path: str, name: str) -> None:
        """The first entity of a list has that name from now on."""
        first, *others = self.names[path]
        self.names[path] = [first | {"name": name}, *others]

    def horizon(self) -> datetime:
        return self.clock.now - LAG

    def known(self, moment: datetime | None = None) -> dict[str, Json]:
        """The conversations that are there, by id, as they stood at a moment (else: now)."""
        until = moment or self.clock.now
        told = {
            identity: next((record for changed, record in reversed(versions) if changed <= until), None)
            for identity, versions in self._versions.items()
        }
        return {identity: record for identity, record in told.items() if record is not None}

    def _or_fault(self, answer: Any) -> Any:
        return lambda request: self.faults.pop(0) if self.faults else answer(request)

    def _query(self, request: Received) -> Reply:
        start, end = _interval(request.json)
        found = [record for record in _by_start(self.known()) if start <= _moment(record, "conversationStart") < end]
        first = (request.json["paging"]["pageNumber"] - 1) * self.page_size
        page = found[first : first + self.page_size]
        return Reply({"totalHits": len(found)} | ({"conversations": page} if page else {}))

    def _by_ids(self, request: Received) -> Reply:
        known = self.known()
        asked = request.params["id"].split(",")
        return Reply({"conversations": [known[identity] for identity in asked if identity in known]})

    def _submit(self, request: Received) -> Reply:
        start, end = _interval(request.json)
        horizon = self.clock.now - self.results_lag
        alive = [
            record
            for record in _by_start(self.known(horizon))
            if _moment(record, "conversationStart") < end and _moment(record, "conversationEnd", end) >= start
        ]
        job = f"job-{uuid4().hex[:8]}"
        self.fake.on(f"{JOBS}/{job}", self._or_fault(lambda _: Reply({"state": self.job_state})))
        step = 0 if self.repeat_pages_of_next_job else self.page_size
        self.repeat_pages_of_next_job = False
        self.fake.on(f"{JOBS}/{job}/results", self._or_fault(lambda call: self._results(call, alive, horizon, step)))
        return Reply({"jobId": job}, 202)

    def _results(self, request: Received, alive: list[Json], horizon: datetime, step: int) -> Reply:
        """A page; the cursor of the next goes `step` conversations on."""
        first = int(request.params.get("cursor", "0"))
        page = alive[first : first + self.page_size]
        answer: Json = {"conversations": page, "dataAvailabilityDate": rfc3339(horizon)}
        return Reply(answer | ({"cursor": str(first + step)} if first + self.page_size < len(alive) else {}))

    def _lookup(self, path: str) -> Reply:
        return Reply({"entities": self.names[path], "pageCount": 1})


def _interval(body: Json) -> tuple[datetime, datetime]:
    start, end = map(datetime.fromisoformat, body["interval"].split("/"))
    return start, end


def _moment(record: Json, name: str, otherwise: datetime | None = None) -> datetime:
    value = record.get(name)
    if value is None and otherwise is not None:
        return otherwise
    return datetime.fromisoformat(str(value))


def _by_start(records: dict[str, Json]) -> list[Json]:
    return sorted(records.values(), key=lambda record: (record["conversationStart"], record["conversationId"]))
