"""Cells in the exact forms that Looker Studio reads, and the answer's JSON."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

type Cell = str | bool | None


def cell(value: object) -> Cell:
    """One value as it is served: numbers as decimal text; text, booleans and NULL as they are."""
    match value:
        case None | bool() | str():
            return value
        case int() | float() | Decimal():
            return number_text(value)
    raise TypeError(f"no served form for {type(value).__name__}")


def number_text(value: float | Decimal) -> str:
    """Decimal text without exponent and without zeros at its end: `918.737`."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def cells_of_rows(rows: Iterable[Sequence[object]]) -> list[tuple[Cell, ...]]:
    return [tuple(map(cell, row)) for row in rows]


def cells_of_arrow(table: pa.Table) -> list[tuple[Cell, ...]]:
    """The same cells as `cells_of_rows` gives, column by column."""
    return list(zip(*map(_column_cells, table.columns), strict=True))


def _column_cells(column: pa.ChunkedArray) -> list[Cell]:
    values: list[Any] = column.to_pylist()
    if pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
        return values
    text: Callable[[Any], Cell] = str if pa.types.is_integer(column.type) else number_text
    return [None if value is None else text(value) for value in values]


def answer_body(schema: list[dict[str, Any]], rows: list[tuple[Cell, ...]], *, filters_applied: bool) -> bytes:
    """The getData answer: `{schema, rows: [{values}], filtersApplied}`."""
    values = [{"values": row} for row in rows]
    return orjson.dumps({"schema": schema, "rows": values, "filtersApplied": filters_applied})
