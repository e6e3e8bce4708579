"""A connected data source: its fields, and the getData requests that charts send."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from . import Json
from .chart import Table, build_table
from .configuration import Choice, serialise
from .data_answer import DataAnswer, check_data
from .errors import ReportError
from .filters import Filter, FilterGroups
from .protocol import Config, Field, check_schema

type DateRange = tuple[date, date]
"""First and last day, both included."""

DEFAULT_DAYS = 28


@dataclass
class DataSource:
    """Made by `LookerStudio.add_data_source`; safe to use from several threads, as charts of one page are."""

    call: Callable[[str, Json], Json]
    clock: Callable[[], float]
    config: Config
    config_params: Mapping[str, str]
    schema: Mapping[str, Field] = field(init=False)
    last_refresh: int = field(init=False)

    def __post_init__(self) -> None:
        self.refresh_fields()
        self.refresh_data()

    def refresh_fields(self) -> None:
        """Ask for the schema; a data source keeps it until somebody does this again."""
        self.schema = check_schema(self.call("getSchema", {"configParams": dict(self.config_params)}))

    def refresh_data(self) -> None:
        """What the button of that name does: later requests carry a new `lastRefresh`."""
        self.last_refresh = int(self.clock() * 1000)

    def chart(
        self,
        dimensions: Sequence[str],
        metrics: Sequence[str],
        date_range: DateRange | None = None,
        filters: Sequence[Filter | Sequence[Filter]] = (),
        parameters: Mapping[str, Choice] | None = None,
        aggregations: Mapping[str, str] | None = None,
    ) -> Table:
        """The cells of a chart.

        `date_range` defaults to the last 28 days without today. `filters` must all hold; a sequence among them is an
        OR. `parameters` override the configuration where it allows that; `aggregations` override a metric's default.

        Raises:
            ReportError: the chart is one that the editor would not let anybody make.
            ConnectorError: what the report shows where the connector failed.
            ProtocolError: the connector answered wrongly.
        """
        groups = [[group] if isinstance(group, Filter) else list(group) for group in filters]
        shown, measured = self._fields(dimensions, metric=False), self._fields(metrics, metric=True)
        for name in aggregations or {}:
            if not self.schema[name].reaggregatable:
                raise ReportError(f"{name}: its aggregation is fixed")
        request = self.request(_requested(shown, measured), date_range, groups, parameters)
        return build_table(self.get_data(request), shown, measured, groups, aggregations)

    def request(
        self,
        names: Iterable[str],
        date_range: DateRange | None = None,
        filters: FilterGroups = (),
        parameters: Mapping[str, Choice] | None = None,
    ) -> dict[str, Json]:
        """The getData request for these fields; keys without content are left out, as the host leaves them out."""
        requested = list(names)
        for leaf in (leaf for group in filters for leaf in group):
            self._check_filter(leaf)
        hidden = dict.fromkeys(leaf.field for group in filters for leaf in group if leaf.field not in requested)
        # Fields that only a filter needs may stand anywhere; here they come first.
        fields = [{"name": name, "forFilterOnly": True} for name in hidden] + [{"name": name} for name in requested]
        request: dict[str, Json] = {"scriptParams": {"lastRefresh": str(self.last_refresh)}, "fields": fields}
        config_params = {**self.config_params, **self._overrides(parameters or {})}
        if config_params:
            request["configParams"] = config_params
        if self.config.date_range_required:
            request["dateRange"] = self._date_range(date_range)
        elif date_range is not None:
            raise ReportError("this data source has no date range")
        if filters:
            request["dimensionsFilters"] = [[leaf.as_json() for leaf in group] for group in filters]
        return request

    def sample_request(self, names: Iterable[str]) -> dict[str, Json]:
        """The request by which the host looks at a few values: one day, two days before today."""
        day = self._today() - timedelta(days=2)
        request = self.request(names, (day, day) if self.config.date_range_required else None)
        request["scriptParams"]["sampleExtraction"] = True
        return request

    def get_data(self, request: Mapping[str, Json]) -> DataAnswer:
        """The checked answer to any request, also to one that no chart would send."""
        return check_data(self.call("getData", request), request, self.schema)

    def _fields(self, names: Sequence[str], *, metric: bool) -> list[Field]:
        for name in names:
            if name not in self.schema:
                raise ReportError(f"{name}: the data source has no such field")
            if self.schema[name].is_metric is not metric:
                raise ReportError(f"{name}: is no {'metric' if metric else 'dimension'}")
            if self.schema[name].hidden:
                raise ReportError(f"{name}: is hidden, so only formulas can use it")
        return [self.schema[name] for name in names]

    def _check_filter(self, leaf: Filter) -> None:
        if leaf.field not in self.schema or self.schema[leaf.field].is_metric:
            raise ReportError(f"filter on {leaf.field}: the data source has no such dimension")

    def _overrides(self, parameters: Mapping[str, Choice]) -> dict[str, str]:
        for name in parameters:
            if name not in self.config.parameters or not self.config.parameters[name].overridable:
                raise ReportError(f"parameter {name}: reports may not change it")
        return serialise(self.config.parameters, parameters)

    def _date_range(self, chosen: DateRange | None) -> dict[str, str]:
        first, last = chosen or (self._today() - timedelta(days=DEFAULT_DAYS), self._today() - timedelta(days=1))
        if last < first:
            raise ReportError(f"date range: {last} is before {first}")
        return {"startDate": first.isoformat(), "endDate": last.isoformat()}

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock(), UTC).date()


def _requested(dimensions: Sequence[Field], metrics: Sequence[Field]) -> list[str]:
    """A formula is never asked for: the fields that it reads are."""
    names = [field.name for field in dimensions]
    for metric in metrics:
        names += metric.formula.inputs if metric.formula else [metric.name]
    return list(dict.fromkeys(names))
