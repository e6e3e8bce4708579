"""Alerts that went out, so that each goes out once and is known when it has cleared."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from google.cloud import bigquery

from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import ALERTS


class Alert(NamedTuple):
    """Cause, consequence and the command that mends it in `message`; `since` is aware UTC."""

    code: str
    message: str
    since: datetime


def raised_alerts(warehouse: Warehouse) -> list[Alert]:
    """Those that went out and have not cleared."""
    with warehouse_errors("reading the alerts"):
        rows = warehouse.run(
            f"SELECT code, message, since FROM {warehouse.table(ALERTS)} WHERE resolved_at IS NULL ORDER BY since, code"
        )
        return [Alert(**dict(row.items())) for row in rows]


def record_raised(warehouse: Warehouse, alert: Alert) -> None:
    scalar = bigquery.ScalarQueryParameter
    with warehouse_errors("recording an alert"):
        warehouse.run(
            f"INSERT INTO {warehouse.table(ALERTS)} (code, message, since, raised_at)\n"
            "VALUES (@code, @message, @since, CURRENT_TIMESTAMP())",
            [
                scalar("code", "STRING", alert.code),
                scalar("message", "STRING", alert.message),
                scalar("since", "TIMESTAMP", alert.since),
            ],
        )


def record_resolved(warehouse: Warehouse, codes: Iterable[str]) -> None:
    with warehouse_errors("recording a resolved alert"):
        warehouse.run(
            f"UPDATE {warehouse.table(ALERTS)} SET resolved_at = CURRENT_TIMESTAMP()\n"
            "WHERE resolved_at IS NULL AND code IN UNNEST(@codes)",
            [bigquery.ArrayQueryParameter("codes", "STRING", list(codes))],
        )
