from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from backend.errors import LeaseLostError, WarehouseUnavailableError
from backend.extraction.rows import Names, Provenance
from backend.warehouse.client import Warehouse
from backend.warehouse.staging import drop_staging, stage
from tests.warehouse.contents import MAPPING, STARTED, flats, rows_of


def table_of(*identities: str) -> pa.Table:
    return MAPPING.table(flats(*identities), Names(), Provenance(STARTED))


def beats() -> None:
    """A heartbeat that keeps nothing."""


def test_the_rows_stand_in_a_table_that_expires(warehouse: Warehouse) -> None:
    name = stage(warehouse, table_of("a", "b"), name="run-x-1", heartbeat=beats)
    assert name == "staging_run_x_1"
    assert [row["id"] for row in rows_of(warehouse, name)] == ["a", "b"]
    expires = warehouse.client.get_table(warehouse.reference(name)).expires
    assert timedelta(hours=1) < expires - datetime.now(UTC) < timedelta(days=1)


def test_the_same_batch_again_takes_up_the_same_job(warehouse: Warehouse) -> None:
    first = stage(warehouse, table_of("a"), name="again-1", heartbeat=beats)
    assert stage(warehouse, table_of("a"), name="again-1", heartbeat=beats) == first
    assert len(rows_of(warehouse, first)) == 1
    jobs = {job.job_id for job in warehouse.client.list_jobs() if job.job_id.startswith("stage-again-1")}
    assert jobs == {"stage-again-1-1"}


def test_rows_that_cannot_be_loaded_raise_and_load_nothing(warehouse: Warehouse) -> None:
    rows = table_of("a", "b")
    position = rows.schema.get_field_index("wait_time")
    too_large = pa.array([Decimal(10**37), Decimal(1)], pa.decimal128(38, 0))
    broken = rows.set_column(position, "wait_time", too_large)
    with pytest.raises(WarehouseUnavailableError) as failed:
        stage(warehouse, broken, name="broken-1", heartbeat=beats)
    assert failed.value.debug.startswith("staging 2 rows: BadRequest")
    assert rows_of(warehouse, "staging_broken_1") == []


def test_a_lost_lease_ends_the_wait(warehouse: Warehouse) -> None:
    def lose() -> None:
        raise LeaseLostError("lost")

    with pytest.raises(LeaseLostError):
        stage(warehouse, table_of("a"), name="lost-1", heartbeat=lose)


def test_dropping_may_be_repeated(warehouse: Warehouse) -> None:
    name = stage(warehouse, table_of("a"), name="dropped-1", heartbeat=beats)
    drop_staging(warehouse, name)
    drop_staging(warehouse, name)
    assert name not in {table.table_id for table in warehouse.client.list_tables(warehouse.dataset)}
