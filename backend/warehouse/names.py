"""The lookup table: names by kind and id. Names of deleted things stay, since old conversations still need them."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery

from backend.warehouse.client import RETRY, STATEMENT_TIMEOUT_SECONDS, Warehouse, warehouse_errors
from backend.warehouse.tables import LOOKUPS, system_schema


class StoredName(NamedTuple):
    """One row; `changed_at` (aware UTC) is when this name was first seen or the thing was found deleted."""

    kind: str
    id: str
    name: str
    deleted: bool
    changed_at: datetime


def read_names(warehouse: Warehouse) -> list[StoredName]:
    with warehouse_errors("reading the lookups"):
        rows = warehouse.run(f"SELECT {', '.join(StoredName._fields)} FROM {warehouse.table(LOOKUPS)}")
        return [StoredName(**dict(row.items())) for row in rows]


def merge_names(stored: list[StoredName], read: Mapping[str, Mapping[str, str]], now: datetime) -> list[StoredName]:
    """What to store after reading `{kind: {id: name}}`: kinds not read stay, vanished ids stay as deleted."""
    merged = {(entry.kind, entry.id): entry for entry in stored}
    for key, entry in merged.items():
        if entry.kind in read and entry.id not in read[entry.kind] and not entry.deleted:
            merged[key] = entry._replace(deleted=True, changed_at=now)
    for kind, names in read.items():
        for identifier, name in names.items():
            known = merged.get((kind, identifier))
            if known is None or known.name != name or known.deleted:
                merged[kind, identifier] = StoredName(kind, identifier, name, False, now)
    return list(merged.values())


def store_names(warehouse: Warehouse, names: list[StoredName], *, run_id: str) -> None:
    """Replaces the whole table by one load job, which happens wholly or not at all."""
    schema = pa.schema(
        [
            ("kind", pa.string()),
            ("id", pa.string()),
            ("name", pa.string()),
            ("deleted", pa.bool_()),
            ("changed_at", pa.timestamp("us", tz="UTC")),
        ]
    )
    columns = list(zip(*names, strict=True)) or [()] * len(schema)
    buffer = io.BytesIO()
    pq.write_table(pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema), buffer)
    buffer.seek(0)
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.PARQUET,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        schema=system_schema(LOOKUPS),
        labels={"component": "extraction"},
    )
    with warehouse_errors("storing the lookups"):
        job = warehouse.client.load_table_from_file(
            buffer,
            warehouse.reference(LOOKUPS),
            job_id=f"lookups-{run_id}",
            job_config=config,
            timeout=STATEMENT_TIMEOUT_SECONDS,
        )
        job.result(retry=RETRY, timeout=STATEMENT_TIMEOUT_SECONDS)
