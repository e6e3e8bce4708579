"""The tables beside the declared datasets, and the creation of whatever is missing."""

from collections.abc import Iterable

from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

from backend.catalog import Dataset
from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, Warehouse

STATE, RUNS, QUARANTINE, LOOKUPS = "extraction_state", "extraction_runs", "extraction_quarantine", "lookups"

_SYSTEM_COLUMNS: dict[str, dict[str, str]] = {
    RUNS: {
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
        "genesys_requests": "INT64",
        "watermark": "TIMESTAMP",
        "more": "BOOL",
        "error_code": "STRING",
        "error_message": "STRING",
        "forbidden_lookups": "STRING",
    },
    QUARANTINE: {
        "id": "STRING",
        "run_id": "STRING",
        "quarantined_at": "TIMESTAMP",
        "reason": "STRING",
        "version": "STRING",
    },
    LOOKUPS: {
        "kind": "STRING",
        "id": "STRING",
        "name": "STRING",
        "deleted": "BOOL",
        "changed_at": "TIMESTAMP",
    },
}
_PARTITIONED_ON = {RUNS: "started_at", QUARANTINE: "quarantined_at"}


def create_missing_tables(warehouse: Warehouse, datasets: Iterable[Dataset]) -> None:
    """Creates the dataset and every table that it lacks; existing ones stay as they are."""
    existing = _existing_tables(warehouse)
    for dataset in datasets:
        if dataset.table.origin == "declared" and dataset.table_name not in existing:
            _create(warehouse, _dataset_table(warehouse, dataset))
    for name in _SYSTEM_COLUMNS:
        if name not in existing:
            _create(warehouse, _system_table(warehouse, name))
    if STATE not in existing:
        _create_state(warehouse)


def system_schema(name: str) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField(column, kind) for column, kind in _SYSTEM_COLUMNS[name].items()]


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


def _system_table(warehouse: Warehouse, name: str) -> bigquery.Table:
    table = bigquery.Table(warehouse.reference(name), schema=system_schema(name))
    if name in _PARTITIONED_ON:
        table.time_partitioning = bigquery.TimePartitioning(field=_PARTITIONED_ON[name])
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
  0 AS data_version,
  CAST(NULL AS TIMESTAMP) AS paced_until"""
    try:
        warehouse.run(sql)
    except Conflict:
        return  # another first run was quicker
