"""The pipeline's memory: one row with the watermark, the first start and the data version."""

from datetime import datetime
from typing import NamedTuple

from google.cloud import bigquery

from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import STATE


class State(NamedTuple):
    """All times aware UTC.

    `resume_from` is where a reading that ran out of time goes on; `data_version` rises with every commit that changed
    data.
    """

    lease_holder: str | None
    lease_until: datetime | None
    first_start: datetime | None
    watermark: datetime | None
    resume_from: datetime | None
    settled_through: datetime | None
    settling: str | None
    names_applied_at: datetime | None
    data_version: int
    paced_until: datetime | None


def read_state(warehouse: Warehouse) -> State:
    """The row as it stands; `NotReadyError` where the table does not exist yet."""
    with warehouse_errors("reading the state"):
        rows = warehouse.run(f"SELECT {', '.join(State._fields)} FROM {warehouse.table(STATE)} WHERE id = 'extraction'")
        return State(**dict(next(iter(rows)).items()))


def keep_first_start(warehouse: Warehouse, first_start: datetime) -> None:
    """Remembers where history begins; the first run's answer stays."""
    with warehouse_errors("storing the first start"):
        warehouse.run(
            f"UPDATE {warehouse.table(STATE)} SET first_start = @start WHERE id = 'extraction' AND first_start IS NULL",
            [bigquery.ScalarQueryParameter("start", "TIMESTAMP", first_start)],
        )
