"""Loads a batch into a staging table by a Parquet load job whose id derives from run, batch and attempt."""

import io
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core.exceptions import BadRequest, Conflict
from google.cloud import bigquery

from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, STATEMENT_TIMEOUT_SECONDS, Warehouse, warehouse_errors

_EXPIRES = timedelta(hours=6)
_ATTEMPTS = 3
_POLL_SECONDS = 5
_TYPES = {pa.string(): "STRING", pa.bool_(): "BOOL", pa.int64(): "INT64"}


def stage(warehouse: Warehouse, rows: pa.Table, *, name: str, heartbeat: Callable[[], None]) -> str:
    """Loads the rows into a fresh table that expires by itself; returns its name, `staging_...`.

    `name` holds run and batch: the same one always takes the same table and the same job ids, so a repeated call takes
    up what an earlier one began. `heartbeat` is called while the job runs and may raise.
    """
    table = bigquery.Table(warehouse.reference(staging_name(name)), schema=_schema(rows.schema))
    table.expires = datetime.now(UTC) + _EXPIRES
    parquet = _parquet(rows)
    with warehouse_errors(f"staging {len(rows)} rows"):
        warehouse.client.create_table(table, exists_ok=True, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        for attempt in range(1, _ATTEMPTS + 1):
            job = _submit(warehouse, table, parquet, job_id=f"stage-{name}-{attempt}")
            try:
                _wait(job, heartbeat)
            except BadRequest:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return staging_name(name)
    raise AssertionError("unreachable")


def staging_name(name: str) -> str:
    return f"staging_{name}".replace("-", "_")


def drop_staging(warehouse: Warehouse, *names: str) -> None:
    """What is not dropped expires by itself."""
    with warehouse_errors("dropping staging tables"):
        for name in names:
            warehouse.client.delete_table(
                warehouse.reference(name), not_found_ok=True, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS
            )


def _submit(warehouse: Warehouse, table: bigquery.Table, parquet: bytes, job_id: str) -> bigquery.LoadJob:
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.PARQUET,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        schema=table.schema,
        labels={"component": "extraction"},
    )
    try:
        return warehouse.client.load_table_from_file(
            io.BytesIO(parquet), table.reference, job_id=job_id, job_config=config, timeout=STATEMENT_TIMEOUT_SECONDS
        )
    except Conflict:
        job = warehouse.client.get_job(job_id, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        assert isinstance(job, bigquery.LoadJob)
        return job


def _wait(job: bigquery.LoadJob, heartbeat: Callable[[], None]) -> None:
    while True:
        heartbeat()
        try:
            job.result(retry=RETRY, timeout=_POLL_SECONDS)
        except FutureTimeoutError:
            continue
        return


def _schema(schema: pa.Schema) -> list[bigquery.SchemaField]:
    return [
        bigquery.SchemaField(field.name, _type(field.type), mode="NULLABLE" if field.nullable else "REQUIRED")
        for field in schema
    ]


def _type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP"
    return "NUMERIC" if pa.types.is_decimal(kind) else _TYPES[kind]


def _parquet(rows: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()
