"""What the host makes of the rows it got: groups them by the shown dimensions, aggregates, computes formulas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .aggregates import aggregate
from .data_answer import DataAnswer
from .errors import ReportError
from .field_types import Cell
from .filters import FilterGroups, row_filter
from .protocol import Field


@dataclass(frozen=True)
class Table:
    """The cells of a chart, ordered by its dimensions (NULL first)."""

    fields: tuple[Field, ...]
    rows: list[tuple[Cell, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        return (dict(zip(self.names, row, strict=True)) for row in self.rows)


def build_table(
    answer: DataAnswer,
    dimensions: Sequence[Field],
    metrics: Sequence[Field],
    filters: FilterGroups = (),
    aggregations: Mapping[str, str] | None = None,
) -> Table:
    """Filter where the connector did not, group, aggregate.

    `aggregations` are the report editor's choices for single metrics, in place of the declared ones.

    Raises:
        ReportError: a filter or aggregation that does not fit its field.
    """
    rows = answer.rows
    if filters and not answer.filters_applied:
        rows = list(filter(row_filter(filters, answer.fields), rows))
    position = {field.name: i for i, field in enumerate(answer.fields)}
    shown = [position[field.name] for field in dimensions]
    groups: dict[tuple[Cell, ...], list[tuple[Cell, ...]]] = {} if dimensions else {(): []}
    for row in rows:
        groups.setdefault(tuple(row[i] for i in shown), []).append(row)
    table = []
    for key in sorted(groups, key=_null_first):
        columns = {name: [row[i] for row in groups[key]] for name, i in position.items()}
        table.append((*key, *(_metric(metric, columns, aggregations or {}) for metric in metrics)))
    return Table((*dimensions, *metrics), table)


def _metric(metric: Field, columns: Mapping[str, Sequence[Cell]], aggregations: Mapping[str, str]) -> Cell:
    if metric.formula is not None:
        return metric.formula.evaluate(columns)
    function = aggregations.get(metric.name, metric.aggregation)
    if metric.reaggregatable:
        # The host's own default where the schema names none.
        return aggregate("SUM" if function == "AUTO" else function, columns[metric.name])
    values = columns[metric.name]
    if len(values) > 1:
        raise ReportError(f"{metric.name} came in {len(values)} rows of one group, but may not be aggregated again")
    return values[0] if values else None


def _null_first(key: Sequence[Cell]) -> list[tuple[bool, Cell]]:
    return [(cell is not None, cell if cell is not None else "") for cell in key]
