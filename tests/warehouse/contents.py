"""What stands in the tables, and batches to put into them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from backend.catalog import load_catalog
from backend.extraction.events import event_days, events_table
from backend.extraction.flatten import FlatConversation
from backend.extraction.rows import Names, Provenance, RowMapping
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run, commit, day_ranges, stored_event_days
from backend.warehouse.commit_script import Batch, Deleted, Quarantined, Staged
from backend.warehouse.lease import Lease
from backend.warehouse.receipts import open_receipt
from backend.warehouse.staging import drop_staging, stage
from tests.extraction.records import conversation, flat

DATASET = load_catalog()["interaction_details"]
MAPPING = RowMapping(DATASET)
STARTED = datetime(2024, 3, 12, 12, 0, tzinfo=UTC)
A_DAY = 1_440.0
TABLES = (
    *("interaction_details", "interaction_metrics", "interaction_references", "queue_performance", "lookups"),
    *("extraction_state", "extraction_runs", "extraction_quarantine", "extraction_revisions", "extraction_tie_out"),
    "extraction_alerts",
)
COUNTED = ("records_processed", "loaded", "unchanged", "superseded", "quarantined", "deleted")

type Row = dict[str, Any]


def rows_of(warehouse: Warehouse, table: str, condition: str = "TRUE") -> list[Row]:
    rows = warehouse.run(f"SELECT * FROM {warehouse.table(table)} WHERE {condition}")
    return sorted((dict(row.items()) for row in rows), key=repr)


def everything(warehouse: Warehouse) -> dict[str, list[Row]]:
    return {table: rows_of(warehouse, table) for table in TABLES}


def receipt_of(warehouse: Warehouse, run: Run) -> Row:
    (receipt,) = rows_of(warehouse, "extraction_runs", f"run_id = '{run.id}'")
    return receipt


def state_of(warehouse: Warehouse) -> Row:
    (state,) = rows_of(warehouse, "extraction_state")
    return state


def set_state(warehouse: Warehouse, **values: str) -> None:
    """Puts SQL expressions into the state row, `watermark="NULL"`."""
    assigned = ", ".join(f"{name} = {value}" for name, value in values.items())
    warehouse.run(f"UPDATE {warehouse.table('extraction_state')} SET {assigned} WHERE TRUE")


def free_lease(warehouse: Warehouse) -> None:
    """Whatever an earlier test left."""
    set_state(warehouse, lease_holder="NULL", lease_until="NULL", paced_until="NULL")


def empty(warehouse: Warehouse) -> None:
    """As before the first run, as far as a status or a task can see."""
    tables = ("interaction_details", "extraction_runs", "extraction_quarantine", "extraction_tie_out")
    script = [f"DELETE FROM {warehouse.table(name)} WHERE TRUE" for name in (*tables, "extraction_alerts", "lookups")]
    warehouse.run(";\n".join(script) + ";")
    none = ("first_start", "watermark", "resume_from", "settled_through", "settling", "names_applied_at")
    set_state(warehouse, **dict.fromkeys((*none, "lease_holder", "lease_until", "paced_until"), "NULL"))


def flats(*identities: str, **values: Any) -> list[FlatConversation]:
    return [flat(conversation(identity=identity, **values)) for identity in identities]


def days_of(records: Iterable[FlatConversation]) -> set[date]:
    return {record.created_date.date() for record in records}


def begin(warehouse: Warehouse, name: str) -> tuple[Run, Lease]:
    """A run with its lease and its open receipt; job ids, which derive from its id, are unique in a project."""
    run = Run(f"{name}-{warehouse.dataset}", "extract", STARTED)
    lease = Lease.acquire(warehouse, run.id, seconds=60, clock=lambda: 0.0)
    assert lease is not None
    open_receipt(warehouse, run)
    return run, lease


def staged(
    warehouse: Warehouse,
    name: str,
    records: Sequence[FlatConversation],
    *,
    names: Names,
    available: datetime | None = None,
) -> Staged:
    """The staging tables of these records; read through a job where `available` is given."""
    days = day_ranges(days_of(records))
    rows = MAPPING.table(records, names, Provenance(STARTED, available))
    rows_table = stage(warehouse, rows, name=f"{name}-rows", heartbeat=lambda: None)
    events = stage(warehouse, events_table(records), name=f"{name}-events", heartbeat=lambda: None)
    stored = stored_event_days(warehouse, rows_table, days)
    return Staged(rows_table, events, days, day_ranges(event_days(records) | stored))


def batch_of(number: int = 1, **values: Any) -> Batch:
    """A batch that finishes its run and puts nothing in, unless told."""
    empty = Batch(number, None, 0, (), "0.0.1", None, 7, more=False, finished=True)
    return empty._replace(**values)


def staged_batch(
    warehouse: Warehouse,
    run: Run,
    records: Sequence[FlatConversation],
    *,
    number: int = 1,
    names: Names | None = None,
    available: datetime | None = None,
    quarantined: tuple[Quarantined, ...] = (),
    **values: Any,
) -> Batch:
    name = f"{run.id}-{number}"
    tables = staged(warehouse, name, records, names=names or Names(), available=available) if records else None
    received = len(records) + len(quarantined)
    return batch_of(number, staged=tables, received=received, quarantined=quarantined, available=available, **values)


def deletion(warehouse: Warehouse, records: Sequence[FlatConversation]) -> Deleted:
    ids, days = [record.id for record in records], day_ranges(days_of(records))
    return Deleted(ids, days, day_ranges(stored_event_days(warehouse, "", days, ids)))


class Writer:
    """One run that commits batch after batch; `with` gives the lease back."""

    def __init__(self, warehouse: Warehouse, name: str) -> None:
        self._warehouse = warehouse
        self._number = 0
        self._counts: tuple[int, ...] = (0,) * len(COUNTED)
        free_lease(warehouse)
        self.run, self.lease = begin(warehouse, name)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.lease.release(STARTED)

    def put(self, records: Sequence[FlatConversation] = (), **options: Any) -> tuple[int, ...]:
        """What the batch added to the receipt, in the order of `COUNTED`."""
        batch = staged_batch(self._warehouse, self.run, records, number=self._number + 1, **options)
        added = self._commit(batch)
        if batch.staged:
            drop_staging(self._warehouse, batch.staged.rows, batch.staged.events)
        return added

    def delete(self, records: Sequence[FlatConversation], **values: Any) -> tuple[int, ...]:
        """Marks them as gone from Genesys."""
        deleted = deletion(self._warehouse, records) if records else None
        return self._commit(batch_of(self._number + 1, deleted=deleted, **values))

    def _commit(self, batch: Batch) -> tuple[int, ...]:
        self._number += 1
        commit(self._warehouse, DATASET, batch, self.run, self.lease)
        receipt = receipt_of(self._warehouse, self.run)
        before, self._counts = self._counts, tuple(receipt[name] for name in COUNTED)
        return tuple(after - earlier for after, earlier in zip(self._counts, before, strict=True))


def put(warehouse: Warehouse, name: str, records: Sequence[FlatConversation], **options: Any) -> Row:
    """A whole run that stages and commits these records; its receipt."""
    with Writer(warehouse, name) as writer:
        writer.put(records, **options)
    return receipt_of(warehouse, writer.run)
