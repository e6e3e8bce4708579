"""What a getData request asks for, read and checked: fields, period, predicates, level of detail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.catalog import Dataset, Dimension, Metric, Ratio
from backend.errors import RequestError
from backend.serving.config import Detail, read_config
from backend.serving.filters import Predicates, read_filters
from backend.serving.period import Period, read_period
from backend.serving.request import DataRequest, RequestedField

type Field = Dimension | Metric | Ratio


@dataclass(frozen=True)
class Selection:
    """`fields` are those of the answer, in its order; without filters `filters_applied` holds too."""

    dataset: Dataset
    fields: tuple[Field, ...]
    period: Period
    predicates: Predicates = ()
    filters_applied: bool = True
    detail: Detail = "aggregated"

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(field for field in self.fields if isinstance(field, Dimension))


def read_selection(request: DataRequest, catalog: Mapping[str, Dataset]) -> Selection:
    """Raises the `RequestError` that says what of the request is wrong."""
    config = read_config(request.config_params, catalog)
    if not request.fields:
        raise RequestError("The chart asks for no field. Add a dimension or a metric to it.")
    period = read_period(request.date_range, config.zone)
    every = _fields(request.fields, config.dataset)
    shown = _fields([field for field in request.fields if not field.for_filter_only], config.dataset)
    predicates = read_filters(request.dimensions_filters, config.dataset)
    # With nothing left to show, the filters are left to the host, which then gets all that it asked for.
    if predicates is None or not shown:
        return Selection(config.dataset, every, period, filters_applied=False, detail=config.detail)
    return Selection(config.dataset, shown, period, predicates, detail=config.detail)


def _fields(requested: Sequence[RequestedField], dataset: Dataset) -> tuple[Field, ...]:
    """The fields in the order requested; one that is named twice stands once."""
    return tuple(dataset.field(name) for name in dict.fromkeys(field.name for field in requested))
