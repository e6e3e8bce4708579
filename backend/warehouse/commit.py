"""One transaction that puts a staged batch into its table and moves receipt and watermark with it.

The SQL is made by pure functions (`commit_script`) and kept as golden files; ranges of constants on the partition
column keep every statement to the days that the batch touches.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from google.api_core.exceptions import BadRequest, Conflict
from google.cloud import bigquery

from backend.catalog import Dataset
from backend.warehouse.client import (
    CALL_TIMEOUT_SECONDS,
    RETRY,
    STATEMENT_TIMEOUT_SECONDS,
    StatementParameter,
    Warehouse,
    statement_config,
    warehouse_errors,
)
from backend.warehouse.lease import Lease, lost
from backend.warehouse.tables import QUARANTINE, RUNS, STATE

_ATTEMPTS = 4
_LEASE_LOST = "lease lost"


class Quarantined(NamedTuple):
    """A record that could not be flattened; `id` is None where even that was unreadable."""

    id: str | None
    reason: str


class Batch(NamedTuple):
    """What one commit puts in. `staging` is None where nothing was received; times are aware UTC."""

    number: int
    staging: str | None
    ranges: Sequence[tuple[datetime, datetime]]
    received: int
    quarantined: Sequence[Quarantined]
    version: str
    watermark: datetime | None
    requests: int
    more: bool
    finished: bool
    forbidden_lookups: str | None = None


class Run(NamedTuple):
    """A run as its receipt knows it."""

    id: str
    task: str
    started_at: datetime


def commit_script(warehouse: Warehouse, dataset: Dataset, batch: Batch) -> str:
    """The script; its parameters are those of `commit_parameters`."""
    target, state = warehouse.table(dataset.name), warehouse.table(STATE)
    statements = ["BEGIN TRANSACTION"]
    if batch.staging:
        statements.append(_verdicts(warehouse, dataset, batch))
    changed = "EXISTS (SELECT 1 FROM verdicts WHERE verdict IN ('new', 'replaces'))" if batch.staging else "FALSE"
    statements += [
        f"UPDATE {state}\n"
        "SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND),\n"
        "  watermark = GREATEST(COALESCE(watermark, @watermark), COALESCE(@watermark, watermark)),\n"
        f"  data_version = data_version + IF({changed}, 1, 0)\n"
        "WHERE id = 'extraction' AND lease_holder = @holder",
        f"ASSERT @@row_count = 1 AS '{_LEASE_LOST}'",
    ]
    if batch.staging:
        columns = ", ".join(column.name for column in dataset.table.columns)
        statements += [
            f"DELETE FROM {target} AS t\nWHERE {_ranges(dataset, batch)}\n"
            "  AND t.id IN (SELECT id FROM verdicts WHERE verdict = 'replaces')",
            f"INSERT INTO {target} ({columns})\nSELECT {columns} FROM {warehouse.table(batch.staging)}\n"
            "WHERE id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces'))",
        ]
    if batch.quarantined:
        statements.append(
            f"INSERT INTO {warehouse.table(QUARANTINE)} (id, run_id, quarantined_at, reason, version)\n"
            "SELECT NULLIF(id, ''), @holder, CURRENT_TIMESTAMP(), @reasons[OFFSET(position)], @version\n"
            "FROM UNNEST(@ids) AS id WITH OFFSET AS position"
        )
    statements += [
        _receipt(warehouse, staged=batch.staging is not None),
        "ASSERT @@row_count = 1 AS 'receipt missing'",
        "COMMIT TRANSACTION",
    ]
    return ";\n".join(statements) + ";\n"


def _verdicts(warehouse: Warehouse, dataset: Dataset, batch: Batch) -> str:
    """What each staged row means for the table. A settled row is never replaced by one that is not."""
    assert batch.staging is not None
    return f"""CREATE TEMP TABLE verdicts AS
SELECT s.id,
  CASE
    WHEN t.id IS NULL THEN 'new'
    WHEN t.record_hash = s.record_hash THEN 'unchanged'
    WHEN t.settled AND NOT s.settled THEN 'superseded'
    WHEN s.updated_date >= t.updated_date THEN 'replaces'
    ELSE 'superseded'
  END AS verdict
FROM {warehouse.table(batch.staging)} AS s
LEFT JOIN {warehouse.table(dataset.name)} AS t
  ON t.id = s.id AND {_ranges(dataset, batch)}"""


def _ranges(dataset: Dataset, batch: Batch) -> str:
    column = f"t.{dataset.table.partition}"
    spans = [f"({column} >= @from_{i} AND {column} < @to_{i})" for i in range(len(batch.ranges))]
    return f"({' OR '.join(spans)})"


def _receipt(warehouse: Warehouse, *, staged: bool) -> str:
    def counted(*verdicts: str) -> str:
        if not staged:
            return "0"
        listed = ", ".join(f"'{verdict}'" for verdict in verdicts)
        return f"(SELECT COUNTIF(verdict IN ({listed})) FROM verdicts)"

    return f"""UPDATE {warehouse.table(RUNS)}
SET status = @status, finished_at = IF(@finished, CURRENT_TIMESTAMP(), NULL), watermark = @watermark, more = @more,
  genesys_requests = @requests, forbidden_lookups = @forbidden,
  records_processed = records_processed + @received,
  quarantined = quarantined + @quarantined,
  loaded = loaded + {counted("new", "replaces")},
  unchanged = unchanged + {counted("unchanged")},
  superseded = superseded + {counted("superseded")}
WHERE run_id = @holder AND started_at = @started_at"""


def commit_parameters(batch: Batch, run: Run, lease: Lease) -> list[StatementParameter]:
    scalar = bigquery.ScalarQueryParameter
    parameters: list[StatementParameter] = [
        *lease.parameters(),
        scalar("watermark", "TIMESTAMP", batch.watermark),
        scalar("started_at", "TIMESTAMP", run.started_at),
        scalar("status", "STRING", "ok" if batch.finished else "running"),
        scalar("finished", "BOOL", batch.finished),
        scalar("more", "BOOL", batch.more),
        scalar("requests", "INT64", batch.requests),
        scalar("forbidden", "STRING", batch.forbidden_lookups),
        scalar("received", "INT64", batch.received),
        scalar("quarantined", "INT64", len(batch.quarantined)),
    ]
    for i, (start, end) in enumerate(batch.ranges if batch.staging else ()):
        parameters += [scalar(f"from_{i}", "TIMESTAMP", start), scalar(f"to_{i}", "TIMESTAMP", end)]
    if batch.quarantined:
        parameters += [
            bigquery.ArrayQueryParameter("ids", "STRING", [record.id or "" for record in batch.quarantined]),
            bigquery.ArrayQueryParameter("reasons", "STRING", [record.reason for record in batch.quarantined]),
            scalar("version", "STRING", batch.version),
        ]
    return parameters


def commit(warehouse: Warehouse, dataset: Dataset, batch: Batch, run: Run, lease: Lease) -> None:
    """Commits the batch, or raises and changes nothing: `LeaseLostError`, `WarehouseUnavailableError`.

    The job's id derives from run, batch and attempt, so a lost answer never commits twice. A conflict with another
    transaction is tried again; while the lease is ours nobody else writes these tables for long.
    """
    script = commit_script(warehouse, dataset, batch)
    config = statement_config(commit_parameters(batch, run, lease))
    with warehouse_errors("committing a batch"):
        for attempt in range(1, _ATTEMPTS + 1):
            job = _submit(warehouse, script, config, job_id=f"commit-{run.id}-{batch.number}-{attempt}")
            try:
                job.result(retry=RETRY, timeout=STATEMENT_TIMEOUT_SECONDS, job_retry=None)
            except BadRequest as error:
                if _LEASE_LOST in str(error):
                    raise lost(run.id) from None
                if not _is_conflict(error) or attempt == _ATTEMPTS:
                    raise
            else:
                lease.renewed()
                return


def _submit(warehouse: Warehouse, script: str, config: bigquery.QueryJobConfig, *, job_id: str) -> bigquery.QueryJob:
    try:
        return warehouse.client.query(
            script, config, job_id=job_id, retry=RETRY, job_retry=None, timeout=CALL_TIMEOUT_SECONDS
        )
    except Conflict:
        job = warehouse.client.get_job(job_id, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        assert isinstance(job, bigquery.QueryJob)
        return job


def _is_conflict(error: BadRequest) -> bool:
    text = str(error).lower()
    return "transaction" in text and any(word in text for word in ("conflict", "concurrent", "failed to commit"))
