"""What stands in the tables, and batches to put into them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from backend.catalog import Dataset, load_catalog
from backend.extraction.flatten import FlatConversation
from backend.extraction.plan import partition_ranges
from backend.extraction.rows import Names, Provenance, RowMapping
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Batch, Quarantined, Run, commit
from backend.warehouse.lease import Lease
from backend.warehouse.receipts import open_receipt
from backend.warehouse.staging import stage
from tests.extraction.records import conversation, flat

MAPPING = RowMapping(load_catalog()["interaction_details"])
STARTED = datetime(2024, 3, 12, 12, 0, tzinfo=UTC)
TABLES = ("interaction_details", "extraction_state", "extraction_runs", "extraction_quarantine", "lookups")

type Row = dict[str, Any]


def rows_of(warehouse: Warehouse, table: str) -> list[Row]:
    rows = (dict(row.items()) for row in warehouse.run(f"SELECT * FROM {warehouse.table(table)}"))
    return sorted(rows, key=repr)


def everything(warehouse: Warehouse) -> dict[str, list[Row]]:
    return {table: rows_of(warehouse, table) for table in TABLES}


def receipt_of(warehouse: Warehouse, run: Run) -> Row:
    (receipt,) = [row for row in rows_of(warehouse, "extraction_runs") if row["run_id"] == run.id]
    return receipt


def state_of(warehouse: Warehouse) -> Row:
    (state,) = rows_of(warehouse, "extraction_state")
    return state


def flats(*identities: str, **values: Any) -> list[FlatConversation]:
    return [flat(conversation(identity=identity, **values)) for identity in identities]


def table_of(records: Iterable[FlatConversation], *, settled: bool = False) -> pa.Table:
    return MAPPING.table(list(records), Names(), Provenance(STARTED, settled=settled))


def begin(warehouse: Warehouse, name: str) -> tuple[Run, Lease]:
    """A run with its lease and its open receipt; job ids, which derive from its id, are unique in a project."""
    run = Run(f"{name}-{warehouse.dataset}", "extract", STARTED)
    lease = Lease.acquire(warehouse, run.id, seconds=60, clock=lambda: 0.0)
    assert lease is not None
    open_receipt(warehouse, run)
    return run, lease


def staged_batch(
    warehouse: Warehouse,
    dataset: Dataset,
    run: Run,
    records: list[FlatConversation],
    *,
    settled: bool = False,
    quarantined: tuple[Quarantined, ...] = (),
    watermark: datetime | None = None,
    number: int = 1,
    finished: bool = True,
) -> Batch:
    staging = None
    if records:
        rows = table_of(records, settled=settled)
        staging = stage(warehouse, dataset, rows, batch=f"{run.id}-{number}", heartbeat=lambda: None)
    days: set[date] = {record.created_date.date() for record in records}
    return Batch(
        number=number,
        staging=staging,
        ranges=partition_ranges(days),
        received=len(records) + len(quarantined),
        quarantined=quarantined,
        version="0.0.1",
        watermark=watermark,
        requests=7,
        more=False,
        finished=finished,
    )


def put(warehouse: Warehouse, dataset: Dataset, name: str, records: list[FlatConversation], **options: Any) -> Row:
    """A whole run that stages and commits these records; its receipt."""
    run, lease = begin(warehouse, name)
    commit(warehouse, dataset, staged_batch(warehouse, dataset, run, records, **options), run, lease)
    lease.release(STARTED)
    return receipt_of(warehouse, run)
