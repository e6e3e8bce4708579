"""The commit's script as text: every statement on a partitioned table carries ranges of its partition column."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run, commit_parameters, day_ranges
from backend.warehouse.commit_script import Batch, Deleted, Quarantined, Settling, Staged, commit_script
from backend.warehouse.lease import Lease
from tests.conftest import Golden
from tests.warehouse.contents import STARTED, batch_of

DAY = day_ranges([date(2024, 3, 10)])
EVENT_DAYS = day_ranges([date(2024, 3, 10), date(2024, 3, 11)])
OLD_AND_NEW = day_ranges([date(2024, 1, 5), date(2024, 3, 10), date(2024, 3, 11)])
STAGED = Staged("staging_rows", "staging_events", DAY, EVENT_DAYS)
PROGRESS = Settling('{"cursor": "c2"}', "staging_seen")

NOTHING = batch_of(watermark=STARTED)
ONE_DAY = NOTHING._replace(staged=STAGED, received=2)
TWO_RANGES = ONE_DAY._replace(staged=Staged("staging_rows", "staging_events", OLD_AND_NEW, OLD_AND_NEW))
NO_EVENTS = ONE_DAY._replace(staged=STAGED._replace(event_days=[]))
QUARANTINE = NOTHING._replace(
    quarantined=[Quarantined("c1", "no start"), Quarantined(None, "no JSON")], received=2, released=["c3"]
)
RELEASED = ONE_DAY._replace(released=["c3"], finished=False)
SETTLING = ONE_DAY._replace(watermark=None, available=STARTED, settling=PROGRESS)
DELETED = batch_of(deleted=Deleted(["c1", "c2"], DAY, EVENT_DAYS), settling=Settling(None, "staging_seen", STARTED))
CYCLE_ENDS = batch_of(settling=Settling(None, "staging_seen", STARTED))

BATCHES = [
    pytest.param("nothing", NOTHING, id="nothing"),
    pytest.param("one_day", ONE_DAY, id="one day"),
    pytest.param("two_ranges", TWO_RANGES, id="two ranges"),
    pytest.param("no_events", NO_EVENTS, id="no events"),
    pytest.param("quarantine", QUARANTINE, id="quarantine"),
    pytest.param("released", RELEASED, id="released"),
    pytest.param("settling", SETTLING, id="settling"),
    pytest.param("deleted", DELETED, id="deleted"),
    pytest.param("cycle_ends", CYCLE_ENDS, id="cycle ends"),
]
PARTITIONS = {
    "interaction_details": "t.created_date",
    "interaction_metrics": "t.created_date",
    "interaction_references": "t.created_date",
    "queue_performance": "t.interval_start",
    "extraction_quarantine": "quarantined_at",
    "extraction_runs": "started_at",
}


def parameters(warehouse: Warehouse, batch: Batch) -> dict[str, Any]:
    lease = Lease(warehouse, "run", 60, lambda: 0.0)
    found = commit_parameters(batch, Run("run", "extract", STARTED), lease)
    shapes = [parameter.to_api_repr() for parameter in found]
    assert len({shape["name"] for shape in shapes}) == len(shapes)
    return {shape["name"]: shape["parameterValue"] for shape in shapes}


@pytest.mark.parametrize(("name", "batch"), BATCHES)
def test_golden(golden: Golden, unreached: Warehouse, dataset: Dataset, name: str, batch: Batch) -> None:
    golden(f"warehouse/{name}.sql", commit_script(unreached.table, dataset, batch))


@pytest.mark.parametrize(("name", "batch"), BATCHES)
def test_the_script_has_the_parameters_that_it_uses(
    unreached: Warehouse, dataset: Dataset, name: str, batch: Batch
) -> None:
    used = set(re.findall(r"(?<!@)@(\w+)", commit_script(unreached.table, dataset, batch)))
    sent = set(parameters(unreached, batch))
    assert used <= sent
    assert sent - used <= {"available"}


@pytest.mark.parametrize(("name", "batch"), BATCHES)
def test_statements_on_partitioned_tables_are_pruned(
    unreached: Warehouse, dataset: Dataset, name: str, batch: Batch
) -> None:
    for statement in commit_script(unreached.table, dataset, batch).split(";\n"):
        for table, column in PARTITIONS.items():
            read = re.search(rf"(FROM|JOIN|UPDATE) `project\.genesys\.{table}`", statement)
            if read and "FALSE" not in statement:
                assert re.search(rf"{re.escape(column)} (>=|=) (@|TIMESTAMP ')", statement), statement


def test_an_old_conversation_does_not_widen_the_ranges(unreached: Warehouse) -> None:
    sent = {name: str(value.get("value"))[:10] for name, value in parameters(unreached, TWO_RANGES).items()}
    for name in ("day", "event_day"):
        spans = [(sent[f"{name}_from_{i}"], sent[f"{name}_to_{i}"]) for i in range(2)]
        assert spans == [("2024-01-05", "2024-01-06"), ("2024-03-10", "2024-03-12")]
        assert f"{name}_from_2" not in sent


def test_a_record_that_is_refused_again_replaces_its_entry(unreached: Warehouse) -> None:
    sent = parameters(unreached, QUARANTINE)
    assert sent["released"]["arrayValues"] == [{"value": "c3"}, {"value": "c1"}]
    assert sent["ids"]["arrayValues"] == [{"value": "c1"}, {"value": ""}]


def test_times_travel_as_utc(unreached: Warehouse) -> None:
    sent = parameters(unreached, NOTHING._replace(watermark=datetime(2024, 3, 10, 1, 2, 3, 4_000, UTC)))
    assert sent["watermark"]["value"].startswith("2024-03-10 01:02:03.004")
    assert sent["watermark"]["value"].endswith("+00:00")
