"""Judges the answer of getData against its request and the schema of the data source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import Json
from .field_types import Cell
from .protocol import FIELD_KEYS, Field, Judge

MAX_ROWS = 1_000_000
COLUMN_KEYS = {"label", "semantics", *FIELD_KEYS}


@dataclass(frozen=True)
class DataAnswer:
    """A checked answer: typed rows, in the order of `fields`."""

    fields: tuple[Field, ...]
    rows: list[tuple[Cell, ...]]
    filters_applied: bool


def check_data(answer: Json, request: Mapping[str, Json], schema: Mapping[str, Field]) -> DataAnswer:
    """The rows of an answer, in types.

    Raises:
        ProtocolError: a column too many, too few or out of place, a row of another width, a value that is not in the
            form of its type, too many rows, or keys that the host does not know.
    """
    judge = Judge("getData")
    data = judge.record("", answer, ["schema", "rows"], ["filtersApplied"])
    filters_applied = judge.boolean("filtersApplied", data.get("filtersApplied", False))
    fields = _columns(judge, data["schema"], _expected_names(request, filters_applied), schema)
    rows = judge.items("rows", data["rows"])
    if len(rows) > MAX_ROWS:
        raise judge.refuse("rows", f"{len(rows)} rows are more than the {MAX_ROWS} that the host takes")
    return DataAnswer(fields, [_row(judge, i, row, fields) for i, row in enumerate(rows)], filters_applied)


def _expected_names(request: Mapping[str, Json], filters_applied: bool) -> list[str]:
    return [field["name"] for field in request["fields"] if not (filters_applied and field.get("forFilterOnly", False))]


def _columns(judge: Judge, columns: Json, expected: Sequence[str], schema: Mapping[str, Field]) -> tuple[Field, ...]:
    entries = [
        judge.record(f"schema[{i}]", column, ["name", "dataType"], COLUMN_KEYS)
        for i, column in enumerate(judge.items("schema", columns))
    ]
    names = [entry["name"] for entry in entries]
    if names != expected:
        same = sorted(map(str, names)) == sorted(expected)
        problem = "in another order than requested" if same else "not the requested fields"
        raise judge.refuse("schema", f"{problem}: expected {expected}, got {names}")
    for entry in entries:
        declared = schema[entry["name"]].data_type
        judge.one_of(f"schema.{entry['name']}.dataType", entry["dataType"], {declared})
    return tuple(schema[name] for name in names)


def _row(judge: Judge, index: int, row: Json, fields: Sequence[Field]) -> tuple[Cell, ...]:
    where = f"rows[{index}]"
    values = judge.items(f"{where}.values", judge.record(where, row, ["values"])["values"])
    if len(values) != len(fields):
        raise judge.refuse(f"{where}.values", f"{len(values)} values for {len(fields)} columns")
    return tuple(_cell(judge, where, field, value) for field, value in zip(fields, values, strict=True))


def _cell(judge: Judge, where: str, field: Field, value: Json) -> Cell:
    try:
        return field.type.parse(value)
    except ValueError as error:
        raise judge.refuse(f"{where}.{field.name} ({field.semantic_type})", str(error)) from error
