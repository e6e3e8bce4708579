"""Counts over the stored conversations, for the status."""

from datetime import datetime
from typing import NamedTuple

from google.cloud import bigquery

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import QUARANTINE


class Figures(NamedTuple):
    open_conversations: int
    quarantined: int


def read_figures(warehouse: Warehouse, dataset: Dataset, since: datetime) -> Figures:
    """Conversations still open and records in quarantine, of those since `since` (aware UTC)."""
    with warehouse_errors("counting conversations"):
        rows = warehouse.run(
            f"""SELECT
  (SELECT COUNT(*) FROM {warehouse.table(dataset.name)}
   WHERE created_date >= @since AND ended_date IS NULL AND deleted_at IS NULL) AS open_conversations,
  (SELECT COUNT(DISTINCT id) + COUNTIF(id IS NULL) FROM {warehouse.table(QUARANTINE)}
   WHERE quarantined_at >= @since) AS quarantined""",
            [bigquery.ScalarQueryParameter("since", "TIMESTAMP", since)],
        )
        return Figures(**dict(next(iter(rows)).items()))
