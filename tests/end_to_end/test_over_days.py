"""Days go by: conversations end late, are rebuilt, deleted and renamed; the tables follow, and tie out with Genesys."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from backend.extraction.repair import rebuild_counts, resync
from backend.genesys.aggregates import QUEUE_METRICS
from backend.warehouse.comparison import RECOUNT
from sandbox.genesys import Fault
from sandbox.genesys.faults import Kind
from sandbox.genesys.truth import Truth
from tests.conftest import MakeSettings
from tests.end_to_end.timeline import Timeline, timeline

_SEEN = ("wait_time", "talk_time", "queue_name", "agent_name", "disposition_code", "outcome")
_FIGURES = (
    "offered, answered, abandoned, flow_out, handled, transferred, answer_time, wait_time, talk_time, handle_time"
)


@pytest.fixture(scope="module")
def followed(embedded_settings: MakeSettings) -> Iterator[Timeline]:
    """Four days of a small centre, extracted every few hours and settled."""
    with timeline(embedded_settings, conversations=150, days=2) as line:
        for hours in (0, 50):
            line.clock.advance(hours)
            line.lookups()
            line.extract()
            line.settle()
        yield line


def test_every_conversation_is_the_truth(followed: Timeline) -> None:
    """What was settled is told as of the lake's horizon: what was rebuilt after it waits for the next night."""
    truths = {truth.id: _seen(truth) for truth in _readable(followed)}
    horizon = int(followed.rows("SELECT settled_through FROM {extraction_state}")[0]["settled_through"].timestamp())
    settled = {truth.id: _seen(truth) for truth in followed.world.truth(horizon * 1_000)}
    table = followed.table()
    assert len(truths) > 150
    assert truths.keys() <= table.keys()
    for identity, truth in truths.items():
        told = {truth, settled[identity]} if table[identity]["settled"] else {truth}
        assert tuple(table[identity][column] for column in _SEEN) in told, identity


def test_what_ended_before_the_horizon_is_settled(followed: Timeline) -> None:
    state = followed.rows("SELECT settled_through FROM {extraction_state}")[0]
    rows = followed.rows("SELECT settled, ended_date FROM {interaction_details} WHERE deleted_at IS NULL")
    assert state["settled_through"] == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    assert {row["settled"] for row in rows if row["ended_date"] and row["ended_date"] < state["settled_through"]} == {
        True
    }
    assert {row["settled"] for row in rows if not row["ended_date"]} == {False}


def test_a_deleted_conversation_is_marked_and_no_longer_counted(followed: Timeline) -> None:
    alive = {truth.id for truth in _readable(followed)}
    marked = followed.rows("SELECT id FROM {interaction_details} WHERE deleted_at IS NOT NULL")
    assert not alive & {row["id"] for row in marked}
    assert not followed.rows(
        "SELECT id FROM {interaction_metrics} WHERE id IN "
        "(SELECT id FROM {interaction_details} WHERE deleted_at IS NOT NULL)"
    )


def test_the_ledger_tells_ordinary_progress_from_corrections(followed: Timeline) -> None:
    reasons = {row["reason"] for row in followed.rows("SELECT DISTINCT reason FROM {extraction_revisions}")}
    assert {"progressed", "updated"} <= reasons


def test_queue_counts_equal_those_of_genesys(followed: Timeline) -> None:
    days = followed.rows("SELECT metric, genesys, ours, different FROM {extraction_tie_out} WHERE figure = 'day'")
    assert {row["metric"] for row in days} == {*QUEUE_METRICS, RECOUNT}
    assert sum(row["genesys"] for row in days) > 500
    assert [row for row in days if row["different"] or row["genesys"] != row["ours"]] == []


def test_queue_counts_made_anew_are_the_same(followed: Timeline) -> None:
    query = (
        "SELECT interval_start, queue_id, queue_name, channel, direction, agent_id, " + _FIGURES + " "
        "FROM {queue_performance} ORDER BY 1, 2, 3, 4, 5, 6"
    )
    before = followed.rows(query)
    followed.run("rebuild", rebuild_counts)
    assert followed.rows(query) == before


def test_every_receipt_adds_up(followed: Timeline) -> None:
    receipts = followed.rows("SELECT * FROM {extraction_runs} WHERE task IN ('extract', 'settle')")
    assert len(receipts) >= 4
    for receipt in receipts:
        parts = ("loaded", "unchanged", "superseded", "quarantined")
        assert receipt["records_processed"] == sum(receipt[part] for part in parts), receipt


def test_a_resync_changes_nothing(followed: Timeline) -> None:
    before = followed.table()
    assert followed.run("resync", resync).watermark is None
    followed.extract()
    assert followed.table() == before


def test_jobs_that_come_to_nothing_are_submitted_again(embedded_settings: MakeSettings) -> None:
    """The first request to the jobs asks for their horizon; the faults strike those after it."""
    kinds: tuple[Kind, ...] = ("job_failed", "job_lost", "job_expired")
    faults = [Fault(kind=kind, path="/api/v2/analytics/conversations/details/jobs", skip=1) for kind in kinds]
    with timeline(embedded_settings, conversations=60, days=1, faults=faults) as line:
        line.extract()
        line.clock.advance(4)
        assert [answer.status for answer in line.settle()] == ["ok"]
        assert line.rows("SELECT COUNT(*) AS settled FROM {interaction_details} WHERE settled")[0]["settled"] > 20


def _readable(line: Timeline) -> list[Truth]:
    """What extraction can know: begun before the safety delay of the last run."""
    until = int((line.clock.now() - timedelta(minutes=2)).timestamp() * 1000)
    return [truth for truth in line.world.truth(line.clock.milliseconds) if truth.start < until]


def _seen(truth: Truth) -> tuple[object, ...]:
    names = (truth.queue_name, truth.agent_name, truth.wrap_up_name, truth.outcome)
    return (_seconds(truth.wait), _seconds(truth.talk), *names)


def _seconds(milliseconds: int | None) -> Decimal | None:
    return None if milliseconds is None else Decimal(milliseconds) / 1000
