"""Receipts of runs: written when a run begins, moved by each commit, closed when it ends."""

from datetime import datetime, timedelta
from typing import NamedTuple

from google.cloud import bigquery

from backend.errors import ServiceError
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.commit import Run
from backend.warehouse.tables import RUNS

_ABANDONED_WITHIN = timedelta(days=7)


class Receipt(NamedTuple):
    """One run as it stands in `extraction_runs`; times aware UTC, `finished_at` None while it runs."""

    run_id: str
    task: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    records_processed: int
    watermark: datetime | None
    error_code: str | None
    error_message: str | None
    forbidden_lookups: str | None
    withheld_deletions: int | None

    def ended(self) -> datetime:
        return self.finished_at or self.started_at


def open_receipt(warehouse: Warehouse, run: Run) -> None:
    """Writes the receipt of a run that holds the lease; whatever else still says `running` has died without a word."""
    scalar = bigquery.ScalarQueryParameter
    table = warehouse.table(RUNS)
    with warehouse_errors("opening the receipt"):
        warehouse.run(
            f"""UPDATE {table}
SET status = 'failed', finished_at = CURRENT_TIMESTAMP(), error_code = 'internal',
  error_message = 'The run ended without a word: its process was stopped. The next run goes on from the last commit.'
WHERE started_at >= @since AND status = 'running'""",
            [scalar("since", "TIMESTAMP", run.started_at - _ABANDONED_WITHIN)],
        )
        warehouse.run(
            f"""INSERT INTO {table}
  (run_id, task, status, started_at, records_processed, loaded, unchanged, superseded, quarantined, deleted,
   genesys_requests)
VALUES (@run, @task, 'running', @started_at, 0, 0, 0, 0, 0, 0, 0)""",
            [
                scalar("run", "STRING", run.id),
                scalar("task", "STRING", run.task),
                scalar("started_at", "TIMESTAMP", run.started_at),
            ],
        )


def close_receipt(
    warehouse: Warehouse,
    run: Run,
    *,
    requests: int,
    more: bool = False,
    error: ServiceError | None = None,
    forbidden_lookups: str | None = None,
) -> None:
    """Closes the receipt of a run that commits no conversations, or of one that failed."""
    scalar = bigquery.ScalarQueryParameter
    with warehouse_errors("closing the receipt"):
        warehouse.run(
            f"""UPDATE {warehouse.table(RUNS)}
SET status = @status, finished_at = CURRENT_TIMESTAMP(), genesys_requests = @requests,
  more = @more, error_code = @code, error_message = @message,
  forbidden_lookups = COALESCE(@forbidden, forbidden_lookups)
WHERE run_id = @run AND started_at = @started_at""",
            [
                scalar("status", "STRING", "failed" if error else "ok"),
                scalar("requests", "INT64", requests),
                scalar("more", "BOOL", more),
                scalar("code", "STRING", error.code if error else None),
                scalar("message", "STRING", error.message if error else None),
                scalar("forbidden", "STRING", forbidden_lookups),
                scalar("run", "STRING", run.id),
                scalar("started_at", "TIMESTAMP", run.started_at),
            ],
        )


def receipts_since(warehouse: Warehouse, since: datetime) -> list[Receipt]:
    """Receipts of runs started since then, newest first; `NotReadyError` where the table does not exist."""
    with warehouse_errors("reading the receipts"):
        rows = warehouse.run(
            f"SELECT {', '.join(Receipt._fields)} FROM {warehouse.table(RUNS)} "
            "WHERE started_at >= @since ORDER BY started_at DESC, run_id",
            [bigquery.ScalarQueryParameter("since", "TIMESTAMP", since)],
        )
        return [Receipt(**dict(row.items())) for row in rows]
