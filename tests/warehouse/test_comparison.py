"""Our counts beside Genesys's own, and what came of comparing them."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.warehouse.client import Warehouse
from backend.warehouse.comparison import (
    Difference,
    Summary,
    explaining_ids,
    our_totals,
    read_summaries,
    recount,
    store_comparison,
)
from tests.warehouse.contents import STARTED, rows_of
from tests.warehouse.history import DAY, EIGHT, History, tamper

COMPARED = datetime(2022, 7, 1, tzinfo=UTC)


def test_our_totals_are_those_of_one_day_over_agents_and_directions(warehouse: Warehouse, history: History) -> None:
    totals = {(t.interval_start, t.queue_id, t.channel): t.figures for t in our_totals(warehouse, DAY)}
    assert {(start - EIGHT, queue) for start, queue, _ in totals} == {
        *((timedelta(0), queue) for queue in ("h1", "h2", "h3", "h6", None)),
        (timedelta(minutes=30), "h3"),
    }
    billing = totals[EIGHT, "h1", "voice"]
    told = ("offered", "answered", "answer_time", "wait_time", "handled")
    assert [billing[name] for name in told] == [3, 1, 5_000, 5_000, 1]
    assert our_totals(warehouse, DAY + timedelta(days=300)) == []


def test_a_recount_finds_every_place_that_its_events_do_not_explain(warehouse: Warehouse, history: History) -> None:
    assert recount(warehouse, DAY) == 0
    tamper(warehouse, 2)
    assert recount(warehouse, DAY) == 1
    tamper(warehouse, -2)


@pytest.mark.parametrize(
    ("queue", "metric", "half_hours", "expected"),
    [
        pytest.param("h1", "nOffered", 0, ["alone", "open", "transferred"], id="a queue"),
        pytest.param("h3", "nOffered", 1, ["moved"], id="a half-hour"),
        pytest.param(None, "tTalkComplete", 0, ["unqueued"], id="no queue"),
        pytest.param("h1", "tAcw", 0, [], id="none of ours"),
    ],
)
def test_conversations_that_took_part_in_a_number(
    warehouse: Warehouse, history: History, queue: str | None, metric: str, half_hours: int, expected: list[str]
) -> None:
    place = Difference(EIGHT + half_hours * timedelta(minutes=30), queue, "voice", metric, "count", 9, 1)
    assert explaining_ids(warehouse, place) == expected


def test_a_comparison_replaces_that_of_its_day(warehouse: Warehouse) -> None:
    def summary(metric: str, ours: int, day: datetime = COMPARED) -> Summary:
        return Summary(day, metric, 10, ours, int(ours != 10), STARTED)

    found = Difference(COMPARED + timedelta(hours=9), None, "voice", "tAcw", "sum", 5, 4)
    next_day = COMPARED + timedelta(days=1)
    store_comparison(warehouse, next_day, [summary("nOffered", 10, next_day)], [])
    store_comparison(warehouse, COMPARED, [summary("nOffered", 7), summary("tAcw", 10)], [found, found])
    store_comparison(warehouse, COMPARED, [summary("nOffered", 9)], [found])

    assert [s._replace(checked_at=STARTED) for s in read_summaries(warehouse, COMPARED)] == [
        summary("nOffered", 9),
        summary("nOffered", 10, next_day),
    ]
    assert len(read_summaries(warehouse, next_day)) == 1
    (kept,) = rows_of(warehouse, "extraction_tie_out", "figure != 'day'")
    assert (kept["interval_start"], kept["queue_id"], kept["channel"]) == (found.interval_start, None, "voice")
    assert (kept["metric"], kept["figure"], kept["genesys"], kept["ours"]) == ("tAcw", "sum", 5, 4)
