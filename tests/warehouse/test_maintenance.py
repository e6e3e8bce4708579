"""The operator's repairs: under the lease, and nothing without it."""

from collections.abc import Callable

import pytest

from backend.errors import LeaseLostError
from backend.warehouse.client import Warehouse
from backend.warehouse.commit_script import Quarantined
from backend.warehouse.lease import Lease
from backend.warehouse.maintenance import clear_watermark, quarantined_ids, rebuild_queue_performance
from tests.warehouse.contents import STARTED, Writer, rows_of, set_state, state_of
from tests.warehouse.history import History, buckets, tamper


def test_ids_in_quarantine_are_told_once_and_only_where_readable(warehouse: Warehouse) -> None:
    with Writer(warehouse, "repairing") as writer:
        writer.put(quarantined=(Quarantined("kept b", "why"), Quarantined("kept a", "why"), Quarantined(None, "why")))
    found = quarantined_ids(warehouse)
    assert [name for name in found if name.startswith("kept")] == ["kept a", "kept b"]
    assert None not in found


def test_a_cleared_watermark_takes_where_to_resume_with_it(warehouse: Warehouse) -> None:
    moment = "TIMESTAMP '2024-03-12 12:00:00+00'"
    set_state(warehouse, watermark=moment, resume_from=moment, lease_holder="'clearing'")
    before = state_of(warehouse)
    clear_watermark(warehouse, Lease(warehouse, "clearing", 60, lambda: 0.0))
    after = state_of(warehouse)
    assert before["resume_from"] == before["watermark"] == STARTED
    assert after == before | {"watermark": None, "resume_from": None, "lease_until": after["lease_until"]}


def test_counts_made_anew_are_what_the_events_count(warehouse: Warehouse, history: History) -> None:
    tamper(warehouse, 7)
    set_state(warehouse, lease_holder="'rebuilding'")
    version = state_of(warehouse)["data_version"]
    rebuild_queue_performance(warehouse, Lease(warehouse, "rebuilding", 60, lambda: 0.0))
    assert buckets(warehouse) == history.buckets[-1]
    assert state_of(warehouse)["data_version"] == version + 1


@pytest.mark.parametrize("repair", [clear_watermark, rebuild_queue_performance])
def test_without_the_lease_nothing_is_repaired(
    warehouse: Warehouse, history: History, repair: Callable[[Warehouse, Lease], None]
) -> None:
    set_state(warehouse, watermark="TIMESTAMP '2024-03-12 12:00:00+00'")
    lost = Lease(warehouse, "nobody", 60, lambda: 0.0)
    tables = ("queue_performance", "extraction_state")
    before = [rows_of(warehouse, table) for table in tables]
    with pytest.raises(LeaseLostError):
        repair(warehouse, lost)
    assert [rows_of(warehouse, table) for table in tables] == before
