from concurrent.futures import ThreadPoolExecutor

from google.api_core.exceptions import BadRequest

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse
from backend.warehouse.state import State, keep_first_start, read_state
from backend.warehouse.tables import create_missing_tables
from tests.conftest import MakeSettings
from tests.warehouse.contents import STARTED, TABLES, rows_of


def test_everything_is_created_as_declared(warehouse: Warehouse, dataset: Dataset) -> None:
    listed = {table.table_id for table in warehouse.client.list_tables(f"{warehouse.project}.{warehouse.dataset}")}
    assert listed == set(TABLES)
    table = warehouse.client.get_table(warehouse.reference(dataset.name))
    assert [(field.name, field.field_type) for field in table.schema] == [
        (column.name, {"INT64": "INTEGER", "BOOL": "BOOLEAN"}.get(column.type, column.type))
        for column in dataset.table.columns
    ]
    assert table.time_partitioning.field == "created_date"
    assert table.clustering_fields == ["queue_id", "channel"]
    assert not table.require_partition_filter


def test_the_state_begins_empty(warehouse: Warehouse) -> None:
    assert read_state(warehouse) == State(None, None, None, None, 0, None)


def test_creating_again_changes_nothing(warehouse: Warehouse, dataset: Dataset) -> None:
    keep_first_start(warehouse, STARTED)
    create_missing_tables(warehouse, [dataset])
    assert [row["first_start"] for row in rows_of(warehouse, "extraction_state")] == [STARTED]


def test_the_first_start_stays(warehouse: Warehouse) -> None:
    keep_first_start(warehouse, STARTED)
    keep_first_start(warehouse, STARTED.replace(year=2025))
    assert read_state(warehouse).first_start == STARTED


def test_two_first_runs_at_once_leave_one_state(module_settings: MakeSettings, dataset: Dataset) -> None:
    settings = module_settings()
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(create_missing_tables, Warehouse(settings), [dataset]) for _ in range(2)]
    # The engine, unlike BigQuery, may refuse the slower one as a conflict; the next run completes what is missing.
    assert {type(run.exception()) for run in runs} <= {type(None), BadRequest}
    create_missing_tables(Warehouse(settings), [dataset])
    assert len(rows_of(Warehouse(settings), "extraction_state")) == 1
