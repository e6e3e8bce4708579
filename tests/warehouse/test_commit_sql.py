"""The commit's script as text: every statement on the table carries ranges of parameters on the partition column."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from backend.catalog import Dataset
from backend.extraction.plan import partition_ranges
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Batch, Quarantined, Run, commit_parameters, commit_script
from backend.warehouse.lease import Lease
from tests.conftest import Golden
from tests.warehouse.contents import STARTED

NOTHING = Batch(1, None, [], 0, [], "0.0.1", STARTED, 3, False, True)
ONE_DAY = NOTHING._replace(staging="staging_run_1", ranges=partition_ranges({date(2024, 3, 10)}), received=2)
OLD_AND_NEW = ONE_DAY._replace(ranges=partition_ranges({date(2024, 1, 5), date(2024, 3, 10), date(2024, 3, 11)}))
BAD_RECORD = NOTHING._replace(quarantined=[Quarantined("c1", "no start"), Quarantined(None, "no JSON")], received=2)
ALL = ONE_DAY._replace(quarantined=BAD_RECORD.quarantined, finished=False)

BATCHES = [
    pytest.param("nothing", NOTHING, id="nothing"),
    pytest.param("one_day", ONE_DAY, id="one day"),
    pytest.param("two_ranges", OLD_AND_NEW, id="two ranges"),
    pytest.param("quarantine_only", BAD_RECORD, id="quarantine only"),
    pytest.param("rows_and_quarantine", ALL, id="rows and quarantine"),
]


def parameters(warehouse: Warehouse, batch: Batch) -> dict[str, Any]:
    lease = Lease(warehouse, "run", 60, lambda: 0.0)
    found = commit_parameters(batch, Run("run", "extract", STARTED), lease)
    shapes = [parameter.to_api_repr() for parameter in found]
    return {shape["name"]: shape["parameterValue"].get("value") for shape in shapes}


@pytest.mark.parametrize(("name", "batch"), BATCHES)
def test_golden(golden: Golden, unreached: Warehouse, dataset: Dataset, name: str, batch: Batch) -> None:
    golden(f"warehouse/{name}.sql", commit_script(unreached, dataset, batch))


@pytest.mark.parametrize(("name", "batch"), BATCHES)
def test_the_script_uses_exactly_its_parameters(
    unreached: Warehouse, dataset: Dataset, name: str, batch: Batch
) -> None:
    script = commit_script(unreached, dataset, batch)
    assert set(re.findall(r"(?<!@)@(\w+)", script)) - {"row_count"} <= set(parameters(unreached, batch))
    assert set(parameters(unreached, batch)) <= set(re.findall(r"@(\w+)", script))


def test_an_old_conversation_does_not_widen_the_ranges(unreached: Warehouse, dataset: Dataset) -> None:
    sent = parameters(unreached, OLD_AND_NEW)
    spans = [(sent[f"from_{i}"][:10], sent[f"to_{i}"][:10]) for i in range(2)]
    assert spans == [("2024-01-05", "2024-01-06"), ("2024-03-10", "2024-03-12")]
    assert "from_2" not in sent


def test_statements_on_the_table_are_pruned(unreached: Warehouse, dataset: Dataset) -> None:
    statements = commit_script(unreached, dataset, ALL).split(";\n")
    reading = [text for text in statements if "interaction_details` AS t" in text]
    assert len(reading) == 2
    for text in reading:
        assert "t.created_date >= @from_0 AND t.created_date < @to_0" in text


def test_times_travel_as_utc(unreached: Warehouse) -> None:
    sent = parameters(unreached, ONE_DAY._replace(watermark=datetime(2024, 3, 10, 1, 2, 3, 4_000, UTC)))
    assert sent["watermark"].startswith("2024-03-10 01:02:03.004")
    assert sent["watermark"].endswith("+00:00")
