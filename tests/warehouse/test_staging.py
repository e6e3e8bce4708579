from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from backend.catalog import Dataset
from backend.errors import LeaseLostError, WarehouseUnavailableError
from backend.warehouse.client import Warehouse
from backend.warehouse.staging import drop_staging, stage
from tests.warehouse.contents import flats, rows_of, table_of


def beats() -> None:
    """A heartbeat that keeps nothing."""


def test_the_rows_stand_in_a_table_that_expires(warehouse: Warehouse, dataset: Dataset) -> None:
    name = stage(warehouse, dataset, table_of(flats("a", "b")), batch="run-x-1", heartbeat=beats)
    assert name == "staging_run_x_1"
    assert [row["id"] for row in rows_of(warehouse, name)] == ["a", "b"]
    expires = warehouse.client.get_table(warehouse.reference(name)).expires
    assert timedelta(hours=1) < expires - datetime.now(UTC) < timedelta(days=1)


def test_the_same_batch_again_takes_up_the_same_job(warehouse: Warehouse, dataset: Dataset) -> None:
    first = stage(warehouse, dataset, table_of(flats("a")), batch="again-1", heartbeat=beats)
    assert stage(warehouse, dataset, table_of(flats("a")), batch="again-1", heartbeat=beats) == first
    assert len(rows_of(warehouse, first)) == 1
    jobs = {job.job_id for job in warehouse.client.list_jobs() if job.job_id.startswith("stage-again-1")}
    assert jobs == {"stage-again-1-1"}


def test_rows_that_cannot_be_loaded_raise_and_load_nothing(warehouse: Warehouse, dataset: Dataset) -> None:
    rows = table_of(flats("a", "b"))
    position = rows.schema.get_field_index("created_date")
    broken = rows.set_column(position, "created_date", pa.array(["2024-03-10 08:00:00", "yesterday"]))
    with pytest.raises(WarehouseUnavailableError) as failed:
        stage(warehouse, dataset, broken, batch="broken-1", heartbeat=beats)
    assert failed.value.debug.startswith("staging 2 rows: BadRequest")
    assert rows_of(warehouse, "staging_broken_1") == []


def test_a_lost_lease_ends_the_wait(warehouse: Warehouse, dataset: Dataset) -> None:
    def lose() -> None:
        raise LeaseLostError("lost")

    with pytest.raises(LeaseLostError):
        stage(warehouse, dataset, table_of(flats("a")), batch="lost-1", heartbeat=lose)


def test_dropping_may_be_repeated(warehouse: Warehouse, dataset: Dataset) -> None:
    name = stage(warehouse, dataset, table_of(flats("a")), batch="dropped-1", heartbeat=beats)
    drop_staging(warehouse, name)
    drop_staging(warehouse, name)
    assert name not in {table.table_id for table in warehouse.client.list_tables(warehouse.dataset)}
