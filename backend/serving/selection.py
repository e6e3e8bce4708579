"""What a getData request asks for, read and checked: fields, period, predicates, level of detail."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from backend.catalog import Dataset, Dimension, Metric, Ratio, Switch
from backend.errors import RequestError
from backend.serving.config import Configuration, Detail
from backend.serving.filters import Predicates, read_filters
from backend.serving.period import Period, read_period
from backend.serving.request import DataRequest, RequestedField

type Field = Dimension | Metric | Ratio


@dataclass(frozen=True)
class Selection:
    """`fields` are those of the answer, in its order; without filters `filters_applied` holds too.

    `period` is None for a dataset that knows no date range; `switches` are those of the service level that are on.
    """

    dataset: Dataset
    fields: tuple[Field, ...]
    period: Period | None
    zone: ZoneInfo
    detail: Detail
    switches: frozenset[Switch]
    predicates: Predicates = ()
    filters_applied: bool = True

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(field for field in self.fields if isinstance(field, Dimension))


def read_selection(request: DataRequest, config: Configuration) -> Selection:
    """Raises the `RequestError` that says what of the request is wrong."""
    dataset = config.dataset
    every = read_fields(request, dataset)
    period = read_period(request.date_range, config.zone) if dataset.dated else None
    shown = _fields([field for field in request.fields or () if not field.for_filter_only], dataset)
    predicates = read_filters(request.dimensions_filters, dataset)
    # With nothing left to show, the filters are left to the host, which then gets all that it asked for.
    applied = predicates is not None and bool(shown)
    return Selection(
        dataset,
        shown if applied else every,
        period,
        config.zone,
        config.detail,
        config.switches,
        predicates=predicates or () if applied else (),
        filters_applied=applied,
    )


def read_fields(request: DataRequest, dataset: Dataset) -> tuple[Field, ...]:
    """All requested fields, also those for a filter only; raises `RequestError` for none and for an unknown one."""
    if not request.fields:
        raise RequestError("The chart asks for no field. Add a dimension or a metric to it.")
    return _fields(request.fields, dataset)


def _fields(requested: Sequence[RequestedField], dataset: Dataset) -> tuple[Field, ...]:
    """The fields in the order requested; one that is named twice stands once."""
    return tuple(dataset.field(name) for name in dict.fromkeys(field.name for field in requested))
