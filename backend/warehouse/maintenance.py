"""Statements behind the operator's repairs; what changes a table asserts that the run still holds the lease."""

from backend.warehouse import queue_counts
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.commit_script import BEGINNING
from backend.warehouse.lease import Lease, fence
from backend.warehouse.tables import LOOKUPS, METRICS, QUARANTINE, QUEUE_PERFORMANCE, STATE


def quarantined_ids(warehouse: Warehouse) -> list[str]:
    """Ids of records in quarantine; those without a readable id cannot be asked for."""
    with warehouse_errors("reading the quarantine"):
        rows = warehouse.run(
            f"SELECT DISTINCT id FROM {warehouse.table(QUARANTINE)}\n"
            f"WHERE quarantined_at >= {BEGINNING} AND id IS NOT NULL ORDER BY id"
        )
        return [row["id"] for row in rows]


def clear_watermark(warehouse: Warehouse, lease: Lease) -> None:
    """The next extraction begins at the first start again. Raises `LeaseLostError`."""
    _under_lease(warehouse, lease, ["watermark = NULL", "resume_from = NULL"], [])


def rebuild_queue_performance(warehouse: Warehouse, lease: Lease) -> None:
    """Counts every stored event anew, in one transaction. Raises `LeaseLostError`."""
    target = warehouse.table(QUEUE_PERFORMANCE)
    every = queue_counts.events(warehouse.table(METRICS), 1, f"created_date >= {BEGINNING}")
    _under_lease(
        warehouse,
        lease,
        ["data_version = data_version + 1"],
        [
            f"DELETE FROM {target} WHERE interval_start >= {BEGINNING}",
            queue_counts.moved([every]),
            *queue_counts.apply_moved(target, warehouse.table(LOOKUPS), f"t.interval_start >= {BEGINNING}"),
        ],
    )


def _under_lease(warehouse: Warehouse, lease: Lease, changes: list[str], statements: list[str]) -> None:
    script = ";\n".join(
        [
            "BEGIN TRANSACTION",
            *fence(warehouse.table(STATE), changes),
            *statements,
            "COMMIT TRANSACTION",
        ]
    )
    with warehouse_errors("repairing"), lease.fenced():
        warehouse.run(f"{script};\n", lease.parameters())
