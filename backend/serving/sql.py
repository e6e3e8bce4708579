"""The one SQL statement that answers a request.

Only declared columns and constants of this package are written into the text; every value is a parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.catalog import Dimension, Metric, Ratio
from backend.serving.config import Detail
from backend.serving.dimensions import served_sql
from backend.serving.filters import Predicate
from backend.serving.parameters import Parameter, Parameters
from backend.serving.selection import Field, Selection


@dataclass(frozen=True)
class Query:
    """A statement in BigQuery's dialect; its columns are `c0`, `c1`, .. in the order of the fields."""

    text: str
    parameters: tuple[Parameter, ...]


def build_query(selection: Selection, table: str) -> Query:
    """One row a combination of dimensions, one at all without any; for `interaction` one a row of the table."""
    parameters = Parameters()
    columns = [_column(field, selection, parameters) for field in selection.fields]
    lines = [
        "SELECT",
        ",\n".join(f"  {column} AS c{position}" for position, column in enumerate(columns)),
        *_source(selection, table, parameters),
    ]
    keys = [str(position) for position, field in enumerate(selection.fields, start=1) if isinstance(field, Dimension)]
    if keys and selection.detail == "aggregated":
        lines.append(f"GROUP BY {', '.join(keys)}")
    return Query("\n".join(lines), parameters.all())


def build_counts(selection: Selection, table: str, groupings: Sequence[Sequence[Dimension]]) -> Query:
    """One row: for each grouping, about how many rows an aggregated answer would have."""
    parameters = Parameters()
    counts = [f"APPROX_COUNT_DISTINCT({_grouping_key(grouping, parameters)})" for grouping in groupings]
    lines = [
        "SELECT",
        ",\n".join(f"  {count} AS c{position}" for position, count in enumerate(counts)),
        *_source(selection, table, parameters),
    ]
    return Query("\n".join(lines), parameters.all())


def _source(selection: Selection, table: str, parameters: Parameters) -> list[str]:
    partition = f"t.{selection.dataset.table.partition}"
    conditions = [
        f"{partition} >= {parameters.add(selection.period.start)}",
        f"{partition} < {parameters.add(selection.period.end)}",
    ]
    if selection.dataset.table.column("deleted_at"):
        conditions.append("t.deleted_at IS NULL")
    conditions += [
        f"({' OR '.join(_condition(predicate, parameters) for predicate in group)})" for group in selection.predicates
    ]
    return [f"FROM {table} AS t", "WHERE " + "\n  AND ".join(conditions)]


def _condition(predicate: Predicate, parameters: Parameters) -> str:
    references = [parameters.add(value) for value in predicate.values]
    condition = predicate.operator.sql.format(*references, field=served_sql(predicate.field, parameters))
    return f"NOT ({condition})" if predicate.exclude else condition


def _column(field: Field, selection: Selection, parameters: Parameters) -> str:
    match field:
        case Dimension():
            return served_sql(field, parameters)
        case Metric():
            return _metric(field, selection.detail)
        case Ratio():
            # Cast first: how BigQuery and its stand-in divide a NUMERIC by an INT64 differs.
            parts = (selection.dataset.metric(name) for name in (field.numerator, field.denominator))
            return f"SAFE_DIVIDE({', '.join(f'CAST({_metric(part, selection.detail)} AS FLOAT64)' for part in parts)})"


def _metric(metric: Metric, detail: Detail) -> str:
    column = f"t.{metric.column}"
    aggregated, single = {
        "count": ("COUNT(*)", "1"),
        "count_true": (f"COUNTIF({column})", f"IF({column}, 1, 0)"),
        "count_present": (f"COUNT({column})", f"IF({column} IS NULL, 0, 1)"),
        "sum": (f"SUM({column})", column),
    }[metric.aggregate]
    return aggregated if detail == "aggregated" else single


def _grouping_key(grouping: Sequence[Dimension], parameters: Parameters) -> str:
    """One text a combination: a JSON array keeps NULL, empty text and the borders between values apart."""
    return f"TO_JSON_STRING([{', '.join(served_sql(dimension, parameters) for dimension in grouping)}])"
