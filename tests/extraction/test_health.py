"""What receipts and state mean for the status, at a moment of the test's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.extraction.health import alerts, completeness, dataset_status, run_figures
from backend.warehouse.alert_log import Alert
from backend.warehouse.comparison import RECOUNT, Summary
from backend.warehouse.receipts import Receipt
from backend.warehouse.state import State

NOW = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def receipt(status: str, minutes: float, **values: Any) -> Receipt:
    """A run of a minute that ended so long ago."""
    finished = None if status == "running" else ago(minutes)
    whole = Receipt(f"run-{minutes}", "extract", status, ago(minutes + 1), finished, 10, ago(minutes), *(None,) * 4)
    return whole._replace(**values)


def failed(minutes: float, task: str = "extract") -> Receipt:
    return receipt("failed", minutes, task=task, error_code="genesys_auth", error_message="The client is refused.")


def state(lease_seconds: float = 0) -> State:
    until = NOW + timedelta(seconds=lease_seconds) if lease_seconds else None
    return State(
        lease_holder="run" if lease_seconds else None,
        lease_until=until,
        first_start=ago(9_999),
        watermark=ago(2),
        resume_from=None,
        settled_through=ago(600),
        settling=None,
        names_applied_at=None,
        data_version=1,
        paced_until=None,
    )


def summary(metric: str, genesys: int, ours: int, different: int = 0, days: int = 1) -> Summary:
    return Summary(ago(days * 1_440), metric, genesys, ours, different, ago(days * 1_440 - 60))


def raised(receipts: list[Receipt], *summaries: Summary) -> dict[str, Alert]:
    """Alerts by code, each once."""
    found = alerts(receipts, summaries, NOW)
    by_code = {alert.code: alert for alert in found}
    assert len(by_code) == len(found)
    return by_code


@pytest.mark.parametrize(
    ("lease_seconds", "receipts", "status"),
    [
        pytest.param(0, [], "STALE", id="never ran"),
        pytest.param(0, [receipt("ok", 44)], "ACTIVE", id="ran 44 minutes ago"),
        pytest.param(0, [receipt("ok", 46)], "STALE", id="ran 46 minutes ago"),
        pytest.param(0, [failed(1), receipt("ok", 5)], "FAILED", id="failed last"),
        pytest.param(0, [receipt("ok", 1), failed(5)], "ACTIVE", id="mended"),
        pytest.param(30, [failed(1)], "RUNNING", id="running"),
        pytest.param(-30, [receipt("running", 5), receipt("ok", 9)], "ACTIVE", id="lease expired"),
        pytest.param(0, [receipt("ok", 1, task="lookups")], "STALE", id="only lookups ran"),
    ],
)
def test_status(lease_seconds: float, receipts: list[Receipt], status: str) -> None:
    assert dataset_status(state(lease_seconds), receipts, NOW) == status


def test_without_a_state_there_is_nothing_to_tell() -> None:
    assert dataset_status(None, [], NOW) == "STALE"
    assert set(run_figures(None, [], NOW).values()) == {None}


def test_figures_are_those_of_the_last_run_and_of_three_hours() -> None:
    receipts = [
        receipt("running", 0),
        receipt("ok", 1, task="lookups", records_processed=77),
        receipt("failed", 5, records_processed=4),
        receipt("ok", 20, records_processed=20),
        receipt("ok", 179, records_processed=1),
        receipt("ok", 181, records_processed=900),
    ]
    assert run_figures(state(), receipts, NOW) == {
        "last_run_timestamp": ago(5),
        "records_processed": 4,
        "records_average_3h": 10.5,
        "watermark": ago(2),
        "settled_through": ago(600),
        "freshness_seconds": 120,
    }


@pytest.mark.parametrize(
    ("task", "code"), [("extract", "run_failed"), ("settle", "settle_failed"), ("lookups", "lookups_failed")]
)
def test_an_alert_since_the_first_failure_names_cause_and_remedy(task: str, code: str) -> None:
    receipts = [failed(5, task), receipt("running", 6, task=task), failed(20, task), receipt("ok", 35, task=task)]
    found = raised([*receipts, failed(50, task)])
    assert set(found) == {code}
    assert found[code].since == ago(20)
    for text in ("genesys_auth", "The client is refused.", f"GET /tasks/{task}"):
        assert text in found[code].message


def test_a_success_clears_the_failure() -> None:
    assert raised([receipt("ok", 1), failed(5)]) == {}


def regular(records: int, **values: Any) -> list[Receipt]:
    """Runs of the three hours before the last one, a quarter of an hour apart."""
    return [receipt("ok", 20 + 15 * i, records_processed=records, **values) for i in range(11)]


def a_week_ago(*records: int) -> list[Receipt]:
    """Runs at about the same hour of the week before."""
    return [receipt("ok", 7 * 1_440 - 10 + 15 * i, records_processed=count) for i, count in enumerate(records)]


@pytest.mark.parametrize(
    ("latest", "earlier", "expected"),
    [
        pytest.param(receipt("ok", 5, records_processed=19), regular(40), True, id="under a half"),
        pytest.param(receipt("ok", 5, records_processed=20), regular(40), False, id="a half"),
        pytest.param(receipt("ok", 5, records_processed=0), regular(20), True, id="an average of 20"),
        pytest.param(receipt("ok", 5, records_processed=0), regular(19), False, id="an average of 19"),
        pytest.param(receipt("ok", 5, records_processed=0), [], False, id="the first run"),
        pytest.param(
            receipt("ok", 5, records_processed=19), regular(40) + a_week_ago(40, 40), True, id="not so a week ago"
        ),
        pytest.param(
            receipt("ok", 5, records_processed=19), regular(40) + a_week_ago(15, 9), False, id="as low a week ago"
        ),
        pytest.param(
            receipt("ok", 5, records_processed=19),
            [*regular(40), receipt("ok", 7 * 1_440 + 120, records_processed=0)],
            True,
            id="low a week ago at another hour",
        ),
        pytest.param(
            receipt("ok", 5, records_processed=30),
            [*regular(40), receipt("ok", 300, records_processed=9_000)],
            False,
            id="a peak before the three hours",
        ),
        pytest.param(
            receipt("ok", 5, records_processed=30),
            [receipt("ok", 20, records_processed=9_000)],
            False,
            id="the run before it read history",
        ),
        pytest.param(
            receipt("ok", 5, records_processed=0),
            [receipt("ok", 20, records_processed=9_000)],
            True,
            id="nothing at all after it",
        ),
        pytest.param(
            receipt("ok", 5, records_processed=30),
            [receipt("ok", 20, records_processed=9_000), receipt("ok", 400, records_processed=40)],
            False,
            id="the run before it caught up after an outage",
        ),
        pytest.param(receipt("ok", 60, records_processed=0), regular(40), False, id="stale: another alert's case"),
        pytest.param(receipt("ok", 5, task="settle", records_processed=0), regular(40), False, id="another task"),
        pytest.param(
            receipt("ok", 5, records_processed=30), regular(40, task="settle"), False, id="other tasks are no measure"
        ),
    ],
)
def test_few_records_are_an_alert(latest: Receipt, earlier: list[Receipt], expected: bool) -> None:
    found = raised(sorted([latest, *earlier], key=Receipt.ended, reverse=True))
    assert set(found) == ({"records_low"} if expected else set())
    for alert in found.values():
        assert alert.since == latest.ended()
        assert f"received {latest.records_processed} conversations" in alert.message
        assert "python -m backend doctor" in alert.message


@pytest.mark.parametrize(
    ("receipts", "since"),
    [
        pytest.param([receipt("ok", 5, task="lookups", forbidden_lookups="No teams.")], ago(5), id="lookups"),
        pytest.param([receipt("ok", 5, forbidden_lookups="No teams.")], ago(5), id="extract"),
        pytest.param(
            [receipt("ok", 1), receipt("ok", 5, task="lookups", forbidden_lookups="No teams.")], ago(5), id="runs since"
        ),
        pytest.param(
            [receipt("ok", 1, task="lookups"), receipt("ok", 5, task="lookups", forbidden_lookups="No teams.")],
            None,
            id="read since",
        ),
        pytest.param([], None, id="none"),
    ],
)
def test_a_forbidden_lookup_is_an_alert_until_it_is_read(receipts: list[Receipt], since: datetime | None) -> None:
    found = raised(receipts)
    assert {code: alert.since for code, alert in found.items()} == ({"lookup_forbidden": since} if since else {})
    for alert in found.values():
        assert "No teams." in alert.message
        assert "GET /tasks/lookups" in alert.message


def settled(minutes: float, withheld: int | None, status: str = "ok") -> Receipt:
    return receipt(status, minutes, task="settle", withheld_deletions=withheld)


@pytest.mark.parametrize(
    ("receipts", "since"),
    [
        pytest.param([settled(5, 12)], ago(5), id="withheld"),
        pytest.param([settled(5, None), settled(35, 12)], ago(35), id="the next cycle has begun"),
        pytest.param([settled(1, 0), settled(35, 12)], None, id="the next cycle found none"),
        pytest.param([settled(5, 0)], None, id="none withheld"),
        pytest.param([receipt("ok", 1, withheld_deletions=0), settled(5, 12)], ago(5), id="another task since"),
    ],
)
def test_withheld_deletions_are_an_alert_until_a_cycle_ends_without(
    receipts: list[Receipt], since: datetime | None
) -> None:
    found = raised(receipts)
    assert {code: alert.since for code, alert in found.items()} == ({"deletions_withheld": since} if since else {})
    for alert in found.values():
        assert "12 stored conversations" in alert.message


def test_counts_that_differ_name_the_worst_day_and_how_to_look() -> None:
    found = raised(
        [],
        summary("nOffered", 10, 10),
        summary("tAcw", 90, 80, different=2, days=3),
        summary("tHandle", 50, 41, different=7, days=2),
    )
    assert set(found) == {"counts_differ"}
    for text in ("tHandle of 2024-03-08 (Genesys 50, ours 41)", "tie-out --date 2024-03-08"):
        assert text in found["counts_differ"].message
    assert found["counts_differ"].since == ago(3 * 1_440 - 60)


def test_counts_that_their_own_events_do_not_explain_ask_for_a_rebuild() -> None:
    found = raised([], summary("nOffered", 10, 10), summary(RECOUNT, 0, 3, different=3))
    assert set(found) == {"queue_performance_drift"}
    for text in ("2024-03-09", "3 places", "rebuild queue-performance"):
        assert text in found["queue_performance_drift"].message


@pytest.mark.parametrize(
    ("summaries", "expected"),
    [
        pytest.param([], None, id="never compared"),
        pytest.param([summary("tAcw", 10, 5)], None, id="nothing offered was compared"),
        pytest.param([summary("nOffered", 0, 0)], 1.0, id="nothing to have"),
        pytest.param([summary("nOffered", 10, 10), summary("nOffered", 30, 20, 4, days=2)], 0.75, id="of all days"),
        pytest.param(
            [summary("nOffered", 10, 14, 1), summary("nOffered", 10, 6, 1, days=2)], 0.8, id="too many make up for none"
        ),
    ],
)
def test_completeness_is_our_share_of_what_was_offered(summaries: list[Summary], expected: float | None) -> None:
    assert completeness(summaries) == expected
