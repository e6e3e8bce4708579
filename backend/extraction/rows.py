"""Flat conversations as rows of `interaction_details`: names in place of ids, seconds, provenance."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from backend.catalog import Dataset
from backend.errors import SchemaFileError
from backend.extraction.flatten import FlatConversation


class Names(msgspec.Struct, frozen=True):
    """Names by id, as the lookups know them; `locations` gives the location's name by user id."""

    queues: Mapping[str, str] = {}
    users: Mapping[str, str] = {}
    skills: Mapping[str, str] = {}
    wrapup_codes: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    locations: Mapping[str, str] = {}


class Provenance(msgspec.Struct, frozen=True):
    """How a batch was read: when, and for a detail job its `dataAvailabilityDate`; both aware UTC."""

    extracted_at: datetime
    available: datetime | None = None

    def settles(self, flat: FlatConversation) -> bool:
        """Whether the record is final: read through a job, and ended before the job's data became available."""
        return self.available is not None and flat.ended_date is not None and flat.ended_date < self.available


type _Cell = Callable[[FlatConversation, Names, Provenance], Any]

_CELLS: dict[str, _Cell] = {
    "id": lambda flat, _n, _p: flat.id,
    "created_date": lambda flat, _n, _p: flat.created_date,
    "updated_date": lambda flat, _n, _p: flat.updated_date,
    "ended_date": lambda flat, _n, _p: flat.ended_date,
    "channel": lambda flat, _n, _p: flat.channel,
    "direction": lambda flat, _n, _p: flat.direction,
    "queue_id": lambda flat, _n, _p: flat.queue_id,
    "queue_name": lambda flat, names, _p: _named(flat.queue_id, names.queues),
    "first_queue_name": lambda flat, names, _p: _named(flat.first_queue_id, names.queues),
    "skill_name": lambda flat, names, _p: _skill_name(flat.skill_ids, names.skills),
    "agent_id": lambda flat, _n, _p: flat.agent_id,
    "agent_name": lambda flat, names, _p: _named(flat.agent_id, names.users),
    "team_name": lambda flat, names, _p: _named(flat.team_id, names.teams),
    "location_name": lambda flat, names, _p: names.locations.get(flat.agent_id) if flat.agent_id else None,
    "wait_time": lambda flat, _n, _p: _seconds(flat.wait_ms),
    "talk_time": lambda flat, _n, _p: _seconds(flat.talk_ms),
    "hold_time": lambda flat, _n, _p: _seconds(flat.hold_ms),
    "wrap_up_time": lambda flat, _n, _p: _seconds(flat.wrap_up_ms),
    "handle_time": lambda flat, _n, _p: _seconds(flat.handle_ms),
    "disposition_code": lambda flat, names, _p: _named(flat.disposition_id, names.wrapup_codes),
    "outcome": lambda flat, _n, _p: flat.outcome,
    "abandoned": lambda flat, _n, _p: flat.abandoned,
    "answered": lambda flat, _n, _p: flat.answered,
    "transferred": lambda flat, _n, _p: flat.transferred,
    "settled": lambda flat, _n, provenance: provenance.settles(flat),
    "deleted_at": lambda _f, _n, _p: None,
    "record_hash": lambda flat, _n, _p: flat.record_hash(),
    "extracted_at": lambda _f, _n, provenance: provenance.extracted_at,
}

# Ids of which the details row keeps only names; a renamed thing finds its rows by them (`interaction_references`).
_REFERENCES: dict[str, Callable[[FlatConversation], str | None]] = {
    "first_queue_id": lambda flat: flat.first_queue_id,
    "team_id": lambda flat: flat.team_id,
    "skill_ids": lambda flat: ",".join(flat.skill_ids) or None,
    "wrapup_code_id": lambda flat: flat.disposition_id,
}

_ARROW_TYPES: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "BOOL": pa.bool_(),
    "NUMERIC": pa.decimal128(38, 9),
    "INT64": pa.int64(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


class RowMapping:
    """The declared columns of a dataset, each with the derivation that fills it."""

    def __init__(self, dataset: Dataset) -> None:
        """Raises `SchemaFileError` where the file declares a column that nothing fills."""
        unfilled = [column.name for column in dataset.table.columns if column.name not in _CELLS]
        if unfilled:
            raise SchemaFileError(f"{dataset.name}.yaml: extraction knows no source for column {', '.join(unfilled)}")
        self._cells = {column.name: _CELLS[column.name] for column in dataset.table.columns}
        fields = [
            pa.field(column.name, _ARROW_TYPES[column.type], nullable=not column.required)
            for column in dataset.table.columns
        ]
        self._schema = pa.schema([*fields, *(pa.field(name, pa.string()) for name in _REFERENCES)])

    def row(self, flat: FlatConversation, names: Names, provenance: Provenance) -> dict[str, Any]:
        """One row, keys in the order of the table."""
        return {name: cell(flat, names, provenance) for name, cell in self._cells.items()}

    def table(self, flats: Sequence[FlatConversation], names: Names, provenance: Provenance) -> pa.Table:
        """Many rows, built column by column: the columns of the table, then the ids behind its names."""
        columns: dict[str, list[Any]] = {
            name: [cell(flat, names, provenance) for flat in flats] for name, cell in self._cells.items()
        }
        columns |= {name: [reference(flat) for flat in flats] for name, reference in _REFERENCES.items()}
        return pa.table(columns, schema=self._schema)


def _named(identifier: str | None, names: Mapping[str, str]) -> str | None:
    return None if identifier is None else names.get(identifier, identifier)


def _skill_name(skill_ids: tuple[str, ...], names: Mapping[str, str]) -> str | None:
    return ", ".join(sorted(names.get(skill, skill) for skill in skill_ids)) or None


def _seconds(milliseconds: int | None) -> Decimal | None:
    return None if milliseconds is None else Decimal(milliseconds).scaleb(-3)
