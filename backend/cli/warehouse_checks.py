"""What the service needs of BigQuery: tables, queries, load jobs, and reading results by the Storage API."""

import io
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types

from backend.catalog import Dataset
from backend.cli.examination import Check, UnfitError
from backend.errors import NotReadyError, WarehouseUnavailableError
from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, STATEMENT_TIMEOUT_SECONDS, Warehouse, warehouse_errors
from backend.warehouse.tables import RUNS, create_missing_tables

_EXPIRES = timedelta(hours=1)


def warehouse_checks(warehouse: Warehouse, catalog: Mapping[str, Dataset]) -> list[Check]:
    """Checks of the project that the settings name; the first creates missing tables, as every run does."""
    return [
        Check("BigQuery tables", partial(_tables, warehouse, catalog)),
        Check("BigQuery query", partial(_query, warehouse)),
        Check("BigQuery load", partial(_load, warehouse)),
        Check("BigQuery Storage Read", partial(_storage_read, warehouse)),
    ]


def _tables(warehouse: Warehouse, catalog: Mapping[str, Dataset]) -> str:
    with _needing("BigQuery Data Editor", "creating missing tables"):
        create_missing_tables(warehouse, catalog)
    return f"all in {warehouse.project}.{warehouse.dataset}"


def _query(warehouse: Warehouse) -> str:
    with _needing("BigQuery Job User", "a query"):
        warehouse.run(f"SELECT run_id FROM {warehouse.table(RUNS)} WHERE started_at >= CURRENT_TIMESTAMP()")
    return "jobs may be started"


def _load(warehouse: Warehouse) -> str:
    """Loads one row into a table of its own, as staging does, and drops it."""
    schema = [bigquery.SchemaField("one", "INT64")]
    table = bigquery.Table(warehouse.reference(f"staging_doctor_{secrets.token_hex(4)}"), schema=schema)
    table.expires = datetime.now(UTC) + _EXPIRES
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON, schema=schema, labels={"component": "doctor"}
    )
    client = warehouse.client
    with _needing("BigQuery Job User, BigQuery Data Editor", "a load job"):
        client.create_table(table, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        job = client.load_table_from_file(
            io.BytesIO(b'{"one": 1}\n'), table.reference, job_config=config, timeout=CALL_TIMEOUT_SECONDS
        )
        job.result(retry=RETRY, timeout=STATEMENT_TIMEOUT_SECONDS)
        client.delete_table(table.reference, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
    return "one row loaded and dropped"


def _storage_read(warehouse: Warehouse) -> str:
    with _needing("BigQuery Read Session User", "a read session"):
        reader = warehouse.storage
        if reader is None:
            return "not used: BIGQUERY_STORAGE_EMULATOR_HOST is not set, so results are read by REST"
        reader.create_read_session(
            parent=f"projects/{warehouse.project}",
            read_session=types.ReadSession(
                table=warehouse.reference(RUNS).path.lstrip("/"), data_format=types.DataFormat.ARROW
            ),
            max_stream_count=1,
            timeout=CALL_TIMEOUT_SECONDS,
        )
    return "sessions may be created"


@contextmanager
def _needing(role: str, doing: str) -> Iterator[None]:
    try:
        with warehouse_errors(doing):
            yield
    except (NotReadyError, WarehouseUnavailableError) as error:
        raise UnfitError(
            f"give the service account the role {role}, and check project, dataset and network ({error.debug})"
        ) from error
