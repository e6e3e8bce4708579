"""What receipts and state mean for the status, at a moment of the test's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.extraction.health import alerts, dataset_status, run_figures
from backend.warehouse.receipts import Receipt
from backend.warehouse.state import State

NOW = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def receipt(status: str, minutes: float, **values: Any) -> Receipt:
    """A run of a minute that ended so long ago."""
    finished = None if status == "running" else ago(minutes)
    whole = Receipt(f"run-{minutes}", "extract", status, ago(minutes + 1), finished, 10, None, None, None)
    return whole._replace(**values)


def failed(minutes: float) -> Receipt:
    return receipt("failed", minutes, error_code="genesys_auth", error_message="The client is refused.")


def state(lease_seconds: float = 0) -> State:
    until = NOW + timedelta(seconds=lease_seconds) if lease_seconds else None
    return State("run" if lease_seconds else None, until, ago(9_999), ago(2), 1, None)


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
        "freshness_seconds": 120,
    }


def test_an_alert_since_the_first_failure_names_cause_and_remedy() -> None:
    (alert,) = alerts([failed(5), failed(20), receipt("ok", 35), failed(50)])
    assert (alert["code"], alert["since"]) == ("run_failed", ago(20))
    for text in ("genesys_auth", "The client is refused.", "GET /tasks/extract"):
        assert text in alert["message"]


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
    found = alerts(receipts)
    assert [(alert["code"], alert["since"]) for alert in found] == ([("lookup_forbidden", since)] if since else [])
    for alert in found:
        assert "No teams." in alert["message"]
        assert "GET /tasks/lookups" in alert["message"]
