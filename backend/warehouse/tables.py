"""The tables beside the declared datasets, and the creation of whatever is missing."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from backend.catalog import Dataset
from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, Warehouse

DETAILS, QUEUE_PERFORMANCE = "interaction_details", "queue_performance"
METRICS, REFERENCES = "interaction_metrics", "interaction_references"
STATE, RUNS, QUARANTINE, REVISIONS = (
    "extraction_state",
    "extraction_runs",
    "extraction_quarantine",
    "extraction_revisions",
)
ALERTS, TIE_OUT = "extraction_alerts", "extraction_tie_out"
LOOKUPS = "lookups"

# From a conversation's start to the last of its events; some e-mail threads are answered after months.
LONGEST_LIFE = timedelta(days=366)

_ATTEMPTS, _PAUSE_SECONDS = 5, 0.3


class _SystemTable(NamedTuple):
    columns: Mapping[str, str]
    partition: str | None = None
    cluster: tuple[str, ...] = ()


_SYSTEM: dict[str, _SystemTable] = {
    METRICS: _SystemTable(
        {
            "id": "STRING",
            "created_date": "TIMESTAMP",
            "metric": "STRING",
            "emitted_at": "TIMESTAMP",
            "value": "INT64",
            "queue_id": "STRING",
            "agent_id": "STRING",
            "channel": "STRING",
            "direction": "STRING",
        },
        partition="created_date",
        cluster=("id",),
    ),
    # Ids of which the details row keeps only the names; a renamed thing finds its rows by them.
    REFERENCES: _SystemTable(
        {
            "id": "STRING",
            "created_date": "TIMESTAMP",
            "first_queue_id": "STRING",
            "team_id": "STRING",
            "skill_ids": "STRING",
            "wrapup_code_id": "STRING",
        },
        partition="created_date",
        cluster=("id",),
    ),
    RUNS: _SystemTable(
        {
            "run_id": "STRING",
            "task": "STRING",
            "status": "STRING",
            "started_at": "TIMESTAMP",
            "finished_at": "TIMESTAMP",
            "records_processed": "INT64",
            "loaded": "INT64",
            "unchanged": "INT64",
            "superseded": "INT64",
            "quarantined": "INT64",
            "deleted": "INT64",
            "withheld_deletions": "INT64",
            "genesys_requests": "INT64",
            "watermark": "TIMESTAMP",
            "more": "BOOL",
            "error_code": "STRING",
            "error_message": "STRING",
            "forbidden_lookups": "STRING",
        },
        partition="started_at",
    ),
    QUARANTINE: _SystemTable(
        {
            "id": "STRING",
            "run_id": "STRING",
            "quarantined_at": "TIMESTAMP",
            "reason": "STRING",
            "version": "STRING",
        },
        partition="quarantined_at",
    ),
    ALERTS: _SystemTable(
        {
            "code": "STRING",
            "message": "STRING",
            "since": "TIMESTAMP",
            "raised_at": "TIMESTAMP",
            "resolved_at": "TIMESTAMP",
        }
    ),
    TIE_OUT: _SystemTable(
        {
            "interval_start": "TIMESTAMP",
            "queue_id": "STRING",
            "channel": "STRING",
            "metric": "STRING",
            "figure": "STRING",
            "genesys": "INT64",
            "ours": "INT64",
            "different": "INT64",
            "checked_at": "TIMESTAMP",
        },
        partition="interval_start",
    ),
    LOOKUPS: _SystemTable(
        {"kind": "STRING", "id": "STRING", "name": "STRING", "deleted": "BOOL", "changed_at": "TIMESTAMP"}
    ),
}

# What the ledger knows of a replaced row beside the row itself.
_REVISION_COLUMNS = {"learnt_at": "TIMESTAMP", "run_id": "STRING", "reason": "STRING", "age_seconds": "INT64"}


def create_missing_tables(warehouse: Warehouse, catalog: Mapping[str, Dataset]) -> None:
    """Creates the dataset and every table that it lacks; existing ones stay as they are.

    Of two first runs at once each may lose a race for a table, and finds it there when it looks again.
    """
    for attempt in range(_ATTEMPTS):
        try:
            _create_missing(warehouse, catalog)
        except (BadRequest, Conflict):
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _create_missing(warehouse: Warehouse, catalog: Mapping[str, Dataset]) -> None:
    existing = _existing_tables(warehouse)
    for dataset in catalog.values():
        if dataset.table.origin == "declared" and dataset.table_name not in existing:
            _create(warehouse, _dataset_table(warehouse, dataset))
    for name, table in {**_SYSTEM, REVISIONS: _revisions(catalog[DETAILS])}.items():
        if name not in existing:
            _create(warehouse, _system_table(warehouse, name, table))
    if STATE not in existing:
        _create_state(warehouse)


def system_columns(name: str) -> Mapping[str, str]:
    """Columns and types of a table that is no declared dataset."""
    return _SYSTEM[name].columns


def system_schema(name: str) -> list[bigquery.SchemaField]:
    return _schema(_SYSTEM[name].columns)


def _schema(columns: Mapping[str, str]) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField(column, kind) for column, kind in columns.items()]


def _revisions(details: Dataset) -> _SystemTable:
    kept = {column.name: column.type for column in details.table.columns}
    return _SystemTable({**_REVISION_COLUMNS, **kept}, partition="created_date")


def _existing_tables(warehouse: Warehouse) -> set[str]:
    name = f"{warehouse.project}.{warehouse.dataset}"
    try:
        listed = warehouse.client.list_tables(name, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        return {table.table_id for table in listed}
    except NotFound:
        dataset = bigquery.Dataset(name)
        dataset.location = warehouse.location
        warehouse.client.create_dataset(dataset, exists_ok=True, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
        return set()


def _create(warehouse: Warehouse, table: bigquery.Table) -> None:
    warehouse.client.create_table(table, exists_ok=True, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)


def _dataset_table(warehouse: Warehouse, dataset: Dataset) -> bigquery.Table:
    columns = [
        bigquery.SchemaField(
            column.name, column.type, mode="REQUIRED" if column.required else "NULLABLE", description=column.description
        )
        for column in dataset.table.columns
    ]
    table = bigquery.Table(warehouse.reference(dataset.table_name), schema=columns)
    table.description = dataset.description
    table.time_partitioning = bigquery.TimePartitioning(field=dataset.table.partition)
    table.clustering_fields = list(dataset.table.cluster) or None
    return table


def _system_table(warehouse: Warehouse, name: str, shape: _SystemTable) -> bigquery.Table:
    table = bigquery.Table(warehouse.reference(name), schema=_schema(shape.columns))
    if shape.partition:
        table.time_partitioning = bigquery.TimePartitioning(field=shape.partition)
    table.clustering_fields = list(shape.cluster) or None
    return table


def _create_state(warehouse: Warehouse) -> None:
    """One statement makes the table and its only row, so that of two first runs one wins and no row comes twice."""
    sql = f"""CREATE TABLE IF NOT EXISTS {warehouse.table(STATE)} AS
SELECT
  'extraction' AS id,
  CAST(NULL AS STRING) AS lease_holder,
  CAST(NULL AS TIMESTAMP) AS lease_until,
  CAST(NULL AS TIMESTAMP) AS first_start,
  CAST(NULL AS TIMESTAMP) AS watermark,
  CAST(NULL AS TIMESTAMP) AS resume_from,
  CAST(NULL AS TIMESTAMP) AS settled_through,
  CAST(NULL AS STRING) AS settling,
  CAST(NULL AS TIMESTAMP) AS names_applied_at,
  0 AS data_version,
  CAST(NULL AS TIMESTAMP) AS paced_until"""
    warehouse.run(sql)
