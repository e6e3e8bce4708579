"""The one SQL statement that answers a request.

Only declared columns and constants of this package are written into the text; every value is a parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.catalog import Dimension, Metric, Ratio
from backend.serving.dimensions import served_sql
from backend.serving.filters import Predicate
from backend.serving.metrics import metric_sql, ratio_sql
from backend.serving.parameters import Facts, Parameter, Parameters
from backend.serving.selection import Field, Selection
from backend.serving.time_check import rows_sql


@dataclass(frozen=True)
class Query:
    """A statement in BigQuery's dialect; its columns are `c0`, `c1`, .. in the order of the fields."""

    text: str
    parameters: tuple[Parameter, ...]

    def bound(self, facts: Facts) -> "Query":
        """The query with the moments that are known only when it is sent."""
        return Query(self.text, tuple(parameter.bound(facts) for parameter in self.parameters))


def build_query(selection: Selection, table: str) -> Query:
    """One row a combination of dimensions, one at all without any; for `interaction` one a row of the table."""
    parameters = Parameters()
    columns = [_column(field, selection, parameters) for field in selection.fields]
    lines = [*_select(columns), *_source(selection, table, parameters)]
    keys = [str(position) for position, field in enumerate(selection.fields, start=1) if isinstance(field, Dimension)]
    if keys and selection.detail == "aggregated":
        lines.append(f"GROUP BY {', '.join(keys)}")
    return Query("\n".join(lines), parameters.all())


def build_counts(selection: Selection, table: str, groupings: Sequence[Sequence[Dimension]]) -> Query:
    """One row: for each grouping, about how many rows an aggregated answer would have."""
    parameters = Parameters()
    keys = [_grouping_key(grouping, selection, parameters) for grouping in groupings]
    lines = [*_select([f"APPROX_COUNT_DISTINCT({key})" for key in keys]), *_source(selection, table, parameters)]
    return Query("\n".join(lines), parameters.all())


def _select(columns: Sequence[str]) -> list[str]:
    return ["SELECT", ",\n".join(f"  {column} AS c{position}" for position, column in enumerate(columns))]


def _source(selection: Selection, table: str, parameters: Parameters) -> list[str]:
    declared = selection.dataset.table
    source = rows_sql(selection.zone, parameters) if declared.origin == "computed" else table
    conditions = _range(selection, parameters)
    if declared.column("deleted_at"):
        conditions.append("t.deleted_at IS NULL")
    conditions += [
        f"({' OR '.join(_condition(predicate, selection, parameters) for predicate in group)})"
        for group in selection.predicates
    ]
    return [f"FROM {source} AS t", *(["WHERE " + "\n  AND ".join(conditions)] if conditions else [])]


def _range(selection: Selection, parameters: Parameters) -> list[str]:
    """What prunes partitions: the period or, for receipts, how far back they are served."""
    partition = f"t.{selection.dataset.table.partition}"
    if selection.period is not None:
        start, end = selection.period.start, selection.period.end
        return [f"{partition} >= {parameters.add(start)}", f"{partition} < {parameters.add(end)}"]
    if selection.dataset.table.origin == "system":
        return [f"{partition} >= {parameters.fact('runs_since')}"]
    return []


def _condition(predicate: Predicate, selection: Selection, parameters: Parameters) -> str:
    references = [parameters.add(value) for value in predicate.values]
    field = served_sql(predicate.field, selection.zone, parameters)
    condition = predicate.operator.sql.format(*references, field=field)
    return f"NOT ({condition})" if predicate.exclude else condition


def _column(field: Field, selection: Selection, parameters: Parameters) -> str:
    match field:
        case Dimension():
            return served_sql(field, selection.zone, parameters)
        case Metric():
            return metric_sql(field, selection.detail, selection.switches)
        case Ratio():
            return ratio_sql(field, selection.dataset, selection.detail, selection.switches)


def _grouping_key(grouping: Sequence[Dimension], selection: Selection, parameters: Parameters) -> str:
    """One text a combination: a JSON array keeps NULL, empty text and the borders between values apart."""
    texts = []
    for dimension in grouping:
        value = served_sql(dimension, selection.zone, parameters)
        texts.append(f"CAST({value} AS STRING)" if dimension.type == "BOOLEAN" else value)
    return f"TO_JSON_STRING([{', '.join(texts)}])"
