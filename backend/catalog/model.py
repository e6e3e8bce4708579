"""What a dataset is: its warehouse table and the fields that Looker Studio sees, as frozen objects.

The objects are read from `schema/*.yaml` (see `backend.catalog.loading`); the BigQuery table, the Looker Studio schema,
the rows that extraction writes and the SQL that serving sends all follow from them.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backend.errors import UnknownFieldError

type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
type Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
type ColumnType = Literal["STRING", "INT64", "NUMERIC", "BOOL", "TIMESTAMP"]
type TimeType = Literal["YEAR_MONTH_DAY", "YEAR_MONTH_DAY_HOUR", "YEAR_MONTH_DAY_SECOND"]


class MisplacedError(ValueError):
    """A check over several entries failed; `path` leads from the checked object to the entry at fault."""

    def __init__(self, reason: str, *path: str | int) -> None:
        super().__init__(reason)
        self.path = path


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Frozen):
    """One column of a warehouse table."""

    name: Name
    type: ColumnType
    required: bool = False
    description: Text


class Table(_Frozen):
    """A warehouse table, partitioned by day on a TIMESTAMP column."""

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


class _Served(_Frozen):
    name: Name
    label: Text
    description: Text
    group: Text
    default: bool = False


class NullLabel(_Frozen):
    """What is served in place of NULL, where the BOOL column `when` holds, or anyway."""

    label: Text
    when: Name | None = None


class Dimension(_Served):
    """A served dimension: a column, in the text form of its Looker Studio type."""

    kind: Literal["dimension"]
    type: Literal["TEXT"] | TimeType
    column: Name
    upper: bool = False
    null_labels: tuple[NullLabel, ...] = ()


class Metric(_Served):
    """An additive metric: it may be summed over any grouping."""

    kind: Literal["metric"]
    type: Literal["NUMBER"] = "NUMBER"
    aggregate: Literal["count", "count_true", "count_present", "sum"]
    column: Name | None = None
    hidden: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.column is None) != (self.aggregate == "count"):
            raise ValueError("`count` counts rows and takes no column; every other aggregate needs one")
        return self


class Ratio(_Served):
    """A formula metric: one additive metric over another, computed by the host at the chart's grouping."""

    kind: Literal["ratio"]
    type: Literal["NUMBER", "PERCENT"]
    numerator: Name
    denominator: Name


type ServedField = Annotated[Dimension | Metric | Ratio, Field(discriminator="kind")]


class Dataset(_Frozen):
    """One dataset of the connector: a warehouse table and the whitelist of fields served from it."""

    name: Name
    label: Text
    description: Text
    table: Table
    fields: tuple[ServedField, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _refuse_repeated("fields", (field.name for field in self.fields))
        for position, field in enumerate(self.fields):
            for problem in _problems(field, self):
                raise MisplacedError(f"field {field.name!r}: {problem}", "fields", position)
        return self

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


_COLUMN_TYPES: dict[str, tuple[ColumnType, ...]] = {
    "TEXT": ("STRING",),
    "sum": ("INT64", "NUMERIC"),
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
        case Metric(column=None):
            return
        case Metric(column=str() as column):
            yield from _column_problems(dataset.table, column, _COLUMN_TYPES[field.aggregate])
        case Dimension():
            yield from _column_problems(dataset.table, field.column, _COLUMN_TYPES.get(field.type, ("TIMESTAMP",)))
            for label in field.null_labels:
                if label.when is not None:
                    yield from _column_problems(dataset.table, label.when, ("BOOL",))


def _column_problems(table: Table, name: str, allowed: tuple[ColumnType, ...]) -> Iterator[str]:
    column = table.column(name)
    if column is None:
        yield f"{name!r} is no column of the table"
    elif column.type not in allowed:
        yield f"column {name!r} is {column.type}; expected {' or '.join(allowed)}"
