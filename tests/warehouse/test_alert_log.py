from datetime import timedelta

import pytest

from backend.warehouse.alert_log import Alert, raised_alerts, record_raised, record_resolved
from backend.warehouse.client import Warehouse
from tests.warehouse.contents import STARTED, rows_of

FAILED = Alert("run_failed", "The last run failed; 'why'.", STARTED)
LOW = Alert("records_low", "Fewer than usual.", STARTED - timedelta(hours=1))


@pytest.fixture(autouse=True)
def clear(warehouse: Warehouse) -> None:
    warehouse.run(f"DELETE FROM {warehouse.table('extraction_alerts')} WHERE TRUE")


def test_what_went_out_stands_until_it_clears(warehouse: Warehouse) -> None:
    record_raised(warehouse, FAILED)
    record_raised(warehouse, LOW)
    assert raised_alerts(warehouse) == [LOW, FAILED]
    record_resolved(warehouse, ["run_failed", "never_raised"])
    assert raised_alerts(warehouse) == [LOW]


def test_one_that_comes_back_has_an_entry_of_its_own(warehouse: Warehouse) -> None:
    record_raised(warehouse, FAILED)
    record_resolved(warehouse, {"run_failed"})
    first = rows_of(warehouse, "extraction_alerts")
    again = FAILED._replace(since=STARTED + timedelta(days=1))
    record_raised(warehouse, again)
    assert raised_alerts(warehouse) == [again]
    record_resolved(warehouse, {"run_failed"})
    assert raised_alerts(warehouse) == []
    kept = rows_of(warehouse, "extraction_alerts")
    assert len(kept) == 2
    assert first[0] in kept
    assert all(row["raised_at"] <= row["resolved_at"] for row in kept)
