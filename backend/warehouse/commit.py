"""Commits a batch: sends the one script of `commit_script` with its parameters, and makes sure it happened once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
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
from backend.warehouse.commit_script import Batch, Range, commit_script
from backend.warehouse.lease import Lease, is_conflict
from backend.warehouse.tables import METRICS

_ATTEMPTS = 4


class Run(NamedTuple):
    """A run as its receipt knows it."""

    id: str
    task: str
    started_at: datetime


def day_ranges(days: Iterable[date]) -> list[Range]:
    """The fewest half-open ranges of whole UTC days that cover these days and no other."""
    ranges: list[Range] = []
    for day in sorted(set(days)):
        start = datetime.combine(day, time.min, UTC)
        end = start + timedelta(days=1)
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def stored_event_days(warehouse: Warehouse, ids: str, days: Sequence[Range], deleted: Sequence[str] = ()) -> set[date]:
    """UTC days of the stored metric events of some conversations: those of a staging table, or those given."""
    scalar = bigquery.ScalarQueryParameter
    spans = " OR ".join(f"(created_date >= @from_{i} AND created_date < @to_{i})" for i in range(len(days)))
    chosen = "UNNEST(@deleted)" if deleted else f"(SELECT id FROM {warehouse.table(ids)})"
    parameters: list[StatementParameter] = [bigquery.ArrayQueryParameter("deleted", "STRING", list(deleted))]
    for i, (start, end) in enumerate(days):
        parameters += [scalar(f"from_{i}", "TIMESTAMP", start), scalar(f"to_{i}", "TIMESTAMP", end)]
    with warehouse_errors("reading the days of stored events"):
        rows = warehouse.run(
            f"SELECT DISTINCT DATE(emitted_at) AS day FROM {warehouse.table(METRICS)} "
            f"WHERE ({spans}) AND id IN {chosen}",
            parameters,
        )
        return {row["day"] for row in rows}


def commit_parameters(batch: Batch, run: Run, lease: Lease) -> list[StatementParameter]:
    """Every value of the script, by the name it has there."""
    scalar = bigquery.ScalarQueryParameter
    parameters: list[StatementParameter] = [
        *lease.parameters(),
        scalar("watermark", "TIMESTAMP", batch.watermark),
        scalar("available", "TIMESTAMP", batch.available),
        scalar("started_at", "TIMESTAMP", run.started_at),
        scalar("status", "STRING", "ok" if batch.finished else "running"),
        scalar("finished", "BOOL", batch.finished),
        scalar("more", "BOOL", batch.more),
        scalar("requests", "INT64", batch.requests),
        scalar("forbidden", "STRING", batch.forbidden_lookups),
        scalar("received", "INT64", batch.received),
        scalar("withheld", "INT64", batch.withheld_deletions),
        scalar("quarantined", "INT64", len(batch.quarantined)),
    ]
    if batch.watermark:
        parameters.append(scalar("resume_from", "TIMESTAMP", batch.resume_from))
    if batch.settling:
        parameters += [
            scalar("settling", "STRING", batch.settling.progress),
            scalar("settled_through", "TIMESTAMP", batch.settling.through),
        ]
    if touched := batch.staged or batch.deleted:
        for name, ranges in (("day", touched.days), ("event_day", touched.event_days)):
            for i, (start, end) in enumerate(ranges):
                parameters += [
                    scalar(f"{name}_from_{i}", "TIMESTAMP", start),
                    scalar(f"{name}_to_{i}", "TIMESTAMP", end),
                ]
    if batch.deleted:
        parameters.append(bigquery.ArrayQueryParameter("deleted", "STRING", list(batch.deleted.ids)))
    if batch.quarantined or batch.released:
        # A record that is refused again replaces its earlier entry.
        released = [*batch.released, *(record.id for record in batch.quarantined if record.id)]
        parameters.append(bigquery.ArrayQueryParameter("released", "STRING", released))
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
    script = commit_script(warehouse.table, dataset, batch)
    config = statement_config(commit_parameters(batch, run, lease))
    with warehouse_errors("committing a batch"):
        for attempt in range(1, _ATTEMPTS + 1):
            job = _submit(warehouse, script, config, job_id=f"commit-{run.id}-{batch.number}-{attempt}")
            try:
                with lease.fenced():
                    job.result(retry=RETRY, timeout=STATEMENT_TIMEOUT_SECONDS, job_retry=None)
            except BadRequest as error:
                if not is_conflict(error) or attempt == _ATTEMPTS:
                    raise
            else:
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
