"""Stored conversations that had not ended when they were last read."""

from datetime import datetime
from typing import NamedTuple

from google.cloud import bigquery

from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import DETAILS


class OpenConversation(NamedTuple):
    id: str
    created_date: datetime


def open_conversations(warehouse: Warehouse, since: datetime, until: datetime) -> list[OpenConversation]:
    """Those that began in `[since, until)`, aware UTC, oldest first."""
    with warehouse_errors("reading the open conversations"):
        rows = warehouse.run(
            f"SELECT id, created_date FROM {warehouse.table(DETAILS)}\n"
            "WHERE created_date >= @since AND created_date < @until AND ended_date IS NULL AND deleted_at IS NULL\n"
            "ORDER BY created_date, id",
            [
                bigquery.ScalarQueryParameter("since", "TIMESTAMP", since),
                bigquery.ScalarQueryParameter("until", "TIMESTAMP", until),
            ],
        )
        return [OpenConversation(row["id"], row["created_date"]) for row in rows]
