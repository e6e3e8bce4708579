"""The pipeline as a random program: the source changes, processes die, runs repeat; what is stored stays right.

`PIPELINE_EXAMPLES` and `PIPELINE_STEPS` make longer runs; `--hypothesis-seed` repeats one.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from backend.extraction.backfill import run_day
from backend.extraction.repair import resync
from backend.extraction.rows import Names, Provenance
from backend.extraction.runs import RunFailedError
from tests.conftest import MakeSettings
from tests.extraction.organization import Clock, utc
from tests.extraction.records import Json, flat
from tests.genesys.fakes import Reply
from tests.property.conversations import call
from tests.property.service import Row, Service
from tests.property.settings import settings_of
from tests.property.source import Source, fake_genesys
from tests.warehouse.temporary import temporary_datasets

_EXAMPLES = int(os.environ.get("PIPELINE_EXAMPLES", "2"))
_STEPS = int(os.environ.get("PIPELINE_STEPS", "5"))
_NAMES = Names(
    queues={"q1": "Billing"},
    users={"u1": "Agent 014"},
    skills={"s1": "German"},
    wrapup_codes={"w1": "Resolved"},
    teams={"t1": "Team 3"},
    locations={"u1": "Leipzig"},
)
_FAULTS = {
    "rate limited": [Reply({}, 429, {"Retry-After": "3"})] * 2,
    "server error": [Reply({}, 503)] * 2,
    "cut": [Reply({"conversations": []}, cut=5)],
    "html": [Reply(b"<html></html>")],
    "long wait": [Reply({}, 429, {"Retry-After": "3600"})],
}
# What says how a row was read, or when.
_HOW = {"settled", "deleted_at", "extracted_at"}

_COUNTED = {"nOffered": "offered", "tHandle": "handle_time", "tTalkComplete": "talk_time"}

type Parts = Callable[[], AbstractContextManager[tuple[Source, Service, Clock]]]


class Pipeline(RuleBasedStateMachine):
    """Conversations by number; `ended` are those that will not go on."""

    parts: Parts

    def __init__(self) -> None:
        super().__init__()
        self._opened = self.parts()
        self.source, self.service, self.clock = self._opened.__enter__()
        self.begun = 0
        self.edits = 0
        self.settled: dict[str, Row] = {}
        self.watermark = None

    @rule(ended=st.booleans(), days=st.sampled_from([0, 0, 1, 2]))
    def begin(self, ended: bool, days: int) -> None:
        """A conversation of now, or one that the source tells late."""
        self.begun += 1
        began = self.clock.now - timedelta(days=days, minutes=20)
        self.source.put(call(f"c{self.begun}", began, ended=ended))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), moved=st.booleans())
    def change(self, data: st.DataObject, moved: bool) -> None:
        """A conversation ends or is edited; a rebuilt one has no moved date."""
        identity = f"c{data.draw(st.integers(1, self.begun))}"
        record = self.source.known().get(identity)
        if record is not None:
            self.edits += 1
            began = utc(str(record["conversationStart"]).removesuffix("Z"))
            later = min(10.0, (self.clock.now - began) / timedelta(minutes=1) - 7) if moved else 0
            self.source.put(call(identity, began, talk=60_000 + self.edits, later=max(0.0, later)))

    @precondition(lambda self: self.begun)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.source.delete(f"c{data.draw(st.integers(1, self.begun))}")

    @rule(hours=st.sampled_from([1, 5]))
    def wait(self, hours: int) -> None:
        self.clock.sleep(hours * 3_600)

    @rule(task=st.sampled_from(["extract", "extract", "settle"]), fault=st.sampled_from([None, *_FAULTS]))
    def run(self, task: str, fault: str | None) -> None:
        self.source.faults = list(_FAULTS[fault]) if fault else []
        # What a fault may end a run with is the subject of tests of their own.
        with suppress(RunFailedError):
            self.service.run(task)
        self.source.faults = []
        self.check()

    @rule(task=st.sampled_from(["extract", "settle"]), effects=st.integers(0, 14))
    def die(self, task: str, effects: int) -> None:
        self.service.die(task, effects)
        self.check()

    @rule(days=st.integers(0, 2))
    def backfill(self, days: int) -> None:
        run_day(self.service.tools, (self.clock.now - timedelta(days=days)).date())
        self.check()

    @rule()
    def read_again(self) -> None:
        self.service.run("resync", resync)
        self.watermark = None

    def check(self) -> None:
        """What holds after every run."""
        rows = {row["id"]: row for row in self.service.rows("interaction_details")}
        assert len(rows) == len(self.service.rows("interaction_details", "id")), "an id twice"
        for identity, row in self.settled.items():
            assert rows[identity]["settled"] or row["deleted_at"] or rows[identity]["deleted_at"], "provisional again"
        self.settled = {identity: row for identity, row in rows.items() if row["settled"]}
        watermark = self.service.state()["watermark"]
        assert watermark is None or watermark <= self.clock.now
        assert self.watermark is None or (watermark is not None and watermark >= self.watermark), "moved back"
        self.watermark = watermark
        self.check_counts(rows)
        for receipt in self.service.rows("extraction_runs"):
            parts = ("loaded", "unchanged", "superseded", "quarantined")
            assert receipt["records_processed"] == sum(receipt[part] for part in parts)

    def check_counts(self, rows: dict[str, Row]) -> None:
        """`queue_performance` is a recount of the stored events, which are those of the stored rows."""
        counted: Counter[tuple[Any, ...]] = Counter()
        for event in self.service.rows("interaction_metrics"):
            assert rows[event["id"]]["deleted_at"] is None
            moment = event["emitted_at"]
            start = moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
            column = {"nOffered": "offered", "tHandle": "handle_time", "tTalkComplete": "talk_time"}.get(
                event["metric"]
            )
            if column:
                counted[start, event["queue_id"], event["agent_id"], column] += event["value"]
        stored: Counter[tuple[Any, ...]] = Counter()
        for bucket in self.service.rows("queue_performance"):
            for column in _COUNTED.values():
                if bucket[column]:
                    stored[bucket["interval_start"], bucket["queue_id"], bucket["agent_id"], column] += bucket[column]
        assert stored == counted

    def teardown(self) -> None:
        """Quiet hours later the table is what the source tells; the same runs once more change nothing."""
        try:
            self.clock.sleep(5 * 3_600)
            self.service.run_all("settle")
            self.clock.sleep(5 * 3_600)
            self.service.run_all("extract")
            self.service.run_all("settle")
            self.check()
            stored = {row["id"]: row for row in self.service.rows("interaction_details")}
            for identity, record in self.source.known().items():
                assert _told(stored[identity]) == self._expected(record)
                assert stored[identity]["deleted_at"] is None
            before = self.service.data()
            self.service.run_all("settle")
            assert self.service.data() == before
        finally:
            self._opened.__exit__(None, None, None)

    def _expected(self, record: Json) -> Row:
        provenance = Provenance(self.clock.now)
        return _told(self.service.tools.mapping.row(flat(record, self.clock.now), _NAMES, provenance))


def _told(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _HOW}


@pytest.mark.timeout(0 if "PIPELINE_EXAMPLES" in os.environ else 280)
def test_whatever_happens_the_tables_stay_right(embedded_settings: MakeSettings) -> None:
    @contextmanager
    def parts() -> Iterator[tuple[Source, Service, Clock]]:
        with fake_genesys() as fake, temporary_datasets(embedded_settings) as make:
            clock = Clock(utc("2024-03-10T12:00:00"))
            source = Source(fake, clock)
            yield source, Service(make(**settings_of(fake.url)), clock), clock

    machine = type("Machine", (Pipeline,), {"parts": staticmethod(parts)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=_EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            derandomize="PIPELINE_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
