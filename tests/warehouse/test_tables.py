from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.catalog import Dataset, load_catalog
from backend.warehouse.client import Warehouse
from backend.warehouse.state import State, keep_first_start, read_state
from backend.warehouse.tables import create_missing_tables
from tests.conftest import MakeSettings
from tests.warehouse.contents import STARTED, TABLES, rows_of, set_state

CATALOG = load_catalog()
TYPES = {"INT64": "INTEGER", "BOOL": "BOOLEAN"}
PARTITIONS = {
    **dict.fromkeys(("interaction_details", "interaction_metrics", "interaction_references"), "created_date"),
    "queue_performance": "interval_start",
    "extraction_tie_out": "interval_start",
    "extraction_runs": "started_at",
    "extraction_quarantine": "quarantined_at",
    "extraction_revisions": "created_date",
}


def shape(warehouse: Warehouse, name: str) -> list[tuple[str, str]]:
    schema = warehouse.client.get_table(warehouse.reference(name)).schema
    return [(field.name, field.field_type) for field in schema]


def declared(dataset: Dataset) -> list[tuple[str, str]]:
    return [(column.name, TYPES.get(column.type, column.type)) for column in dataset.table.columns]


def test_two_first_runs_at_once_make_every_table_once(shared_settings: MakeSettings) -> None:
    settings = shared_settings()
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(create_missing_tables, Warehouse(settings), CATALOG) for _ in range(2)]
    assert [run.exception() for run in runs] == [None, None]
    warehouse = Warehouse(settings)
    listed = {table.table_id for table in warehouse.client.list_tables(f"{warehouse.project}.{warehouse.dataset}")}
    assert listed == set(TABLES)
    assert read_state(warehouse) == State(*(None,) * 8, data_version=0, paced_until=None)
    assert len(rows_of(warehouse, "extraction_state")) == 1


@pytest.mark.parametrize("name", ["interaction_details", "queue_performance"])
def test_datasets_are_created_as_declared(warehouse: Warehouse, name: str) -> None:
    assert shape(warehouse, name) == declared(CATALOG[name])
    table = warehouse.client.get_table(warehouse.reference(name))
    assert table.clustering_fields == ["queue_id", "channel"]
    assert {field.name for field in table.schema if field.mode == "REQUIRED"} == {
        column.name for column in CATALOG[name].table.columns if column.required
    }


def test_the_ledger_holds_a_whole_row(warehouse: Warehouse, dataset: Dataset) -> None:
    assert shape(warehouse, "extraction_revisions")[4:] == declared(dataset)


def test_tables_that_grow_are_partitioned_and_may_be_written_without_a_filter(warehouse: Warehouse) -> None:
    found = {name: warehouse.client.get_table(warehouse.reference(name)) for name in TABLES}
    partitions = {name: table.time_partitioning.field for name, table in found.items() if table.time_partitioning}
    assert partitions == PARTITIONS
    assert not any(table.require_partition_filter for table in found.values())


def test_creating_again_changes_nothing_and_the_first_start_stays(warehouse: Warehouse) -> None:
    set_state(warehouse, first_start="NULL")
    keep_first_start(warehouse, STARTED)
    create_missing_tables(warehouse, CATALOG)
    keep_first_start(warehouse, STARTED.replace(year=2025))
    assert [row["first_start"] for row in rows_of(warehouse, "extraction_state")] == [STARTED]
