"""What the settled path asks the warehouse: which settled rows a job did not show."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from google.cloud import bigquery

from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, Warehouse, warehouse_errors
from backend.warehouse.staging import drop_staging, staging_name
from backend.warehouse.tables import DETAILS, LONGEST_LIFE

# A cycle that an outage interrupts goes on afterwards.
_EXPIRES = timedelta(days=14)


class StoredRow(NamedTuple):
    id: str
    created_date: datetime


class Unseen(NamedTuple):
    """Rows that a job did not show, and how many settled rows each of their days has."""

    rows: list[StoredRow]
    settled_by_day: Counter[date]


def create_seen_table(warehouse: Warehouse, name: str) -> str:
    """An empty table for the ids that a job shows; it expires by itself. Returns its name."""
    table = bigquery.Table(
        warehouse.reference(staging_name(f"seen-{name}")), schema=[bigquery.SchemaField("id", "STRING")]
    )
    table.expires = datetime.now(UTC) + _EXPIRES
    with warehouse_errors("creating the table of seen ids"):
        warehouse.client.create_table(table, exists_ok=True, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
    return str(table.table_id)


def drop_seen_table(warehouse: Warehouse, name: str) -> None:
    drop_staging(warehouse, name)


def unseen_rows(warehouse: Warehouse, start: datetime, end: datetime, seen: str) -> Unseen:
    """Settled, undeleted rows that lived in `[start, end)` and ended before `end`, but are not among the seen ids.

    The days are counted with all that began on them, whenever it ended.
    """
    scalar = bigquery.ScalarQueryParameter
    parameters = [
        scalar("earliest", "TIMESTAMP", start - LONGEST_LIFE),
        scalar("start", "TIMESTAMP", start),
        scalar("end", "TIMESTAMP", end),
    ]
    settled = (
        f"FROM {warehouse.table(DETAILS)} AS t\n"
        "WHERE t.created_date >= @earliest AND t.created_date < @end AND t.settled AND t.deleted_at IS NULL"
    )
    with warehouse_errors("looking for deleted conversations"):
        rows = warehouse.run(
            f"SELECT t.id, t.created_date {settled}\n"
            "  AND t.ended_date >= @start AND t.ended_date < @end\n"
            f"  AND t.id NOT IN (SELECT id FROM {warehouse.table(seen)} WHERE id IS NOT NULL)",
            parameters,
        )
        missing = [StoredRow(row["id"], row["created_date"]) for row in rows]
        counts = warehouse.run(
            f"SELECT DATE(t.created_date) AS day, COUNT(*) AS settled {settled}\nGROUP BY day", parameters
        )
        return Unseen(missing, Counter({row["day"]: row["settled"] for row in counts}))
