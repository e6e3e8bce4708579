"""`queue_performance` moves by exact differences: after each commit it is what the stored events count."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.extraction.flatten import FlatConversation
from backend.warehouse.queue_counts import FIGURES, KEYS
from tests.warehouse.contents import Row
from tests.warehouse.history import EIGHT, FIRST, TAMPERED, History

type Bucket = tuple[Any, ...]

COUNTS = {
    "offered": "nOffered",
    "answered_over_target": "nOverSla",
    "transferred": "nTransferred",
    "answered": "tAnswered",
    "abandoned": "tAbandon",
    "short_abandoned": "tShortAbandon",
    "flow_out": "tFlowOut",
    "handled": "tHandle",
}
TIMES = {
    "answer_time": "tAnswered",
    "wait_time": "tAcd",
    "abandon_time": "tAbandon",
    "talk_time": "tTalkComplete",
    "hold_time": "tHeldComplete",
    "after_call_work_time": "tAcw",
    "handle_time": "tHandle",
}


def half_hour(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)


def counted(records: Iterable[FlatConversation]) -> dict[Bucket, Counter[str]]:
    """The buckets of these conversations, counted event by event."""
    found: dict[Bucket, Counter[str]] = defaultdict(Counter)
    for record in records:
        for event in record.events:
            bucket = (half_hour(event.emitted_at), event.queue_id, event.channel, record.direction, event.agent_id)
            for figure, name in COUNTS.items():
                if event.metric == name:
                    found[bucket][figure] += event.value if name.startswith("n") else 1
            for figure, name in TIMES.items():
                if event.metric == name:
                    found[bucket][figure] += event.value
    return found


def stored(rows: Iterable[Row]) -> dict[Bucket, Counter[str]]:
    return {tuple(row[key] for key in KEYS): Counter({f: row[f] for f in FIGURES if row[f]}) for row in rows}


def figure(rows: list[Row], name: str, queue: str | None, half_hours: int = 0) -> int | None:
    """One number summed over agents; None where there is no bucket."""
    start = EIGHT + half_hours * timedelta(minutes=30)
    found = [row[name] for row in rows if row["queue_id"] == queue and row["interval_start"] == start]
    return sum(found) if found else None


@pytest.mark.parametrize("stage", [0, 1, 2], ids=["new", "replaced", "deleted"])
def test_every_bucket_is_what_its_events_count(history: History, stage: int) -> None:
    expected = counted(history.stages()[stage].values())
    if stage == 1:
        expected[EIGHT, "h6", "voice", "inbound", None]["offered"] += TAMPERED
    assert stored(history.buckets[stage]) == expected
    assert len(history.buckets[stage]) == len(expected)


@pytest.mark.parametrize(
    ("name", "queue", "half_hours", "expected"),
    [
        pytest.param("offered", "h1", 0, [5, 4, 3], id="a transfer is offered to its first queue"),
        pytest.param("offered", "h2", 0, [1, 3, 3], id="and to its second"),
        pytest.param("transferred", "h1", 0, [1, 1, 1], id="transferred"),
        pytest.param("answer_time", "h3", 0, [5_000, 7_000, 7_000], id="a replaced value"),
        pytest.param("answered", "h3", 0, [1, 1, 1], id="a replaced event is counted once"),
        pytest.param("offered", "h3", 1, [None, 1, 1], id="an event comes to another half-hour"),
        pytest.param("offered", "h3", 0, [1, 0, 0], id="and leaves its own"),
        pytest.param("offered", "h4", 0, [1, None, None], id="an empty bucket disappears"),
        pytest.param("talk_time", None, 0, [3_000, 4_000, 4_000], id="without a queue and an agent"),
        pytest.param("offered", "h6", 0, [1, TAMPERED + 3, 3], id="differences are added, nothing is counted anew"),
        pytest.param("flow_out", "h5", 0, [1, 1, None], id="a deleted conversation leaves"),
    ],
)
def test_numbers(history: History, name: str, queue: str | None, half_hours: int, expected: list[int | None]) -> None:
    assert [figure(rows, name, queue, half_hours) for rows in history.buckets] == expected


def test_agents_have_buckets_of_their_own(history: History) -> None:
    agents = {(row["queue_id"], row["agent_id"], row["handled"]) for row in history.buckets[0] if row["handled"]}
    assert agents == {("h1", "a1", 1), ("h3", "a1", 1)}


def test_ids_stand_where_no_name_is_known(history: History) -> None:
    names = {(row["queue_id"], row["queue_name"], row["agent_id"], row["agent_name"]) for row in history.buckets[0]}
    assert {(None, None, None, None), ("h3", "h3", "a1", "a1"), ("h1", "h1", None, None)} <= names


def test_the_oracle_knows_every_figure_and_the_scenario_counts_more_than_offers() -> None:
    assert COUNTS.keys() | TIMES.keys() == FIGURES.keys()
    used = {name for counts in counted(FIRST.values()).values() for name in counts}
    assert len(used) >= 10
