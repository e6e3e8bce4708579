"""What a dataset is: its warehouse table and the fields that Looker Studio sees, as frozen objects.

The objects are read from `schema/*.yaml` (see `backend.catalog.loading`); the BigQuery table, the Looker Studio schema,
the rows that extraction writes and the SQL that serving sends all follow from them.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from backend.catalog.fields import Dimension, Frozen, Metric, Name, Ratio, ServedField, Text
from backend.errors import UnknownFieldError

type ColumnType = Literal["STRING", "INT64", "NUMERIC", "BOOL", "TIMESTAMP"]


class MisplacedError(ValueError):
    """A check over several entries failed; `path` leads from the checked object to the entry at fault."""

    def __init__(self, reason: str, *path: str | int) -> None:
        super().__init__(reason)
        self.path = path


class Column(Frozen):
    """One column of a warehouse table."""

    name: Name
    type: ColumnType
    required: bool = False
    description: Text


class Table(Frozen):
    """A warehouse table, partitioned by day on a TIMESTAMP column.

    `origin` says who makes it: `declared` tables are created from this very declaration, `system` ones belong to the
    pipeline, and `computed` rows stand in no table at all. `name` is the dataset's where none is given.
    """

    origin: Literal["declared", "system", "computed"] = "declared"
    name: Name | None = None
    partition: Name
    cluster: tuple[Name, ...] = Field(default=(), max_length=4)
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        types = {column.name: column.type for column in self.columns}
        _refuse_repeated("columns", (column.name for column in self.columns))
        if types.get(self.partition) != "TIMESTAMP":
            raise MisplacedError(f"{self.partition!r} is no TIMESTAMP column of the table", "partition")
        for position, name in enumerate(self.cluster):
            if name not in types:
                raise MisplacedError(f"{name!r} is no column of the table", "cluster", position)
        return self

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


class Dataset(Frozen):
    """One dataset of the connector: a warehouse table and the whitelist of fields served from it.

    Where `dated` is false, the chart's date range says nothing about the rows.
    """

    name: Name
    label: Text
    description: Text
    dated: bool = True
    table: Table
    fields: tuple[ServedField, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _refuse_repeated("fields", (field.name for field in self.fields))
        for position, field in enumerate(self.fields):
            for problem in _problems(field, self):
                raise MisplacedError(f"field {field.name!r}: {problem}", "fields", position)
        return self

    @property
    def table_name(self) -> str:
        return self.table.name or self.name

    def field(self, name: str) -> Dimension | Metric | Ratio:
        """The served field of that name; raises `UnknownFieldError` for any other."""
        for field in self.fields:
            if field.name == name:
                return field
        raise UnknownFieldError(self._unknown(name))

    def metric(self, name: str) -> Metric:
        """An additive metric that a ratio names; the file's check promises that it exists."""
        field = self.field(name)
        assert isinstance(field, Metric)
        return field

    def _unknown(self, name: str) -> str:
        shown = re.sub(r"[^\x20-\x7e]", "?", name[:80])
        close = difflib.get_close_matches(name[:80], [field.name for field in self.fields], n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        return (
            f"The dataset '{self.name}' has no field '{shown}'.{hint} Remove it from the chart, or refresh the fields "
            "of the data source (Edit data source, Refresh fields)."
        )


def _refuse_repeated(where: str, names: Iterator[str]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            raise MisplacedError(f"{name!r} is declared twice", where, position)
        seen.add(name)


_NUMBERS: tuple[ColumnType, ...] = ("INT64", "NUMERIC")
_COLUMN_TYPES: dict[str, tuple[ColumnType, ...]] = {
    "TEXT": ("STRING",),
    "BOOLEAN": ("BOOL",),
    "utc_offset": ("TIMESTAMP",),
    "negated": ("BOOL",),
    "unsettled": ("TIMESTAMP",),
    "sum": _NUMBERS,
    "total": _NUMBERS,
    "count_true": ("BOOL",),
    "count_present": ("STRING", "INT64", "NUMERIC", "BOOL", "TIMESTAMP"),
}


def _problems(field: Dimension | Metric | Ratio, dataset: Dataset) -> Iterator[str]:
    match field:
        case Ratio():
            additive = {other.name for other in dataset.fields if isinstance(other, Metric)}
            for name in (field.numerator, field.denominator):
                if name not in additive:
                    yield f"{name!r} is no additive metric of this dataset"
        case Metric():
            allowed = ("TIMESTAMP",) if field.since else _COLUMN_TYPES.get(field.aggregate, ())
            yield from _column_problems(dataset.table, field.column, allowed)
            yield from _column_problems(dataset.table, field.since, ("TIMESTAMP",))
            for term in field.terms:
                yield from _column_problems(dataset.table, term.column, _NUMBERS)
        case Dimension():
            allowed = _COLUMN_TYPES.get(field.form or field.type, ("TIMESTAMP",))
            yield from _column_problems(dataset.table, field.column, allowed)
            for label in field.null_labels:
                yield from _column_problems(dataset.table, label.when, ("BOOL",))


def _column_problems(table: Table, name: str | None, allowed: tuple[ColumnType, ...]) -> Iterator[str]:
    if name is None:
        return
    column = table.column(name)
    if column is None:
        yield f"{name!r} is no column of the table"
    elif column.type not in allowed:
        yield f"column {name!r} is {column.type}; expected {' or '.join(allowed)}"
