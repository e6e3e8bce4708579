"""The refusals of answers over a limit: the count, and what would fit, in a viewer's words."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from backend.catalog import Dimension
from backend.errors import ResultTooLargeError, ServiceError
from backend.serving.queries import Queries
from backend.serving.results import Result
from backend.serving.selection import Selection
from backend.serving.sql import Query, build_counts
from backend.settings import Settings
from backend.warehouse.client import Warehouse

# What would fit is not worth waiting longer for.
_COUNTING_SECONDS = 10

# Semantic types of a day and of all that is finer.
_BY_DAY = "YEAR_MONTH_DAY"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alternative:
    """Another form of the chart, and the grouping that its rows would have."""

    advice: str
    grouping: tuple[Dimension, ...]


class Refusals:
    """Counts the rows of what could be asked instead; should that fail, a refusal stands without the count."""

    def __init__(self, settings: Settings, queries: Queries, warehouse: Warehouse) -> None:
        self._settings = settings
        self._queries = queries
        self._warehouse = warehouse

    def of_rows(self, selection: Selection, labels: Mapping[str, str], rows: int) -> ResultTooLargeError:
        limit = self._settings.max_rows
        text = f"The chart asks for {rows:,} rows; one answer holds at most {limit:,}."
        return self._with_advice(text, selection, labels, rows, limit)

    def of_bytes(
        self, selection: Selection, labels: Mapping[str, str], result: Result, read: int
    ) -> ResultTooLargeError:
        """`read` bytes were made of those rows that `result` has read so far."""
        rows, limit = result.row_count, self._settings.max_answer_bytes
        size = read * rows // max(result.rows_read, 1) or read
        fitting = rows * limit // size
        text = (
            f"The chart asks for {rows:,} rows, {_megabytes(size)}; one answer holds at most {_megabytes(limit)}, "
            f"about {fitting:,} such rows."
        )
        return self._with_advice(text, selection, labels, rows, fitting)

    @contextmanager
    def of_cost(self, selection: Selection, query: Query, labels: Mapping[str, str]) -> Iterator[None]:
        """Puts BigQuery's own estimate into its refusal of a query that would cost too much."""
        try:
            yield
        except ResultTooLargeError as refusal:
            size, limit = self._estimate(query, labels), self._settings.max_bytes_billed
            if size is None or size <= limit:
                raise
            text = f"The chart would read {_megabytes(size)}; one query may read at most {_megabytes(limit)}."
            advice = _shorter(selection, limit / size) or "Choose a shorter period."
            raise ResultTooLargeError(f"{text} {advice}", debug=refusal.debug) from refusal

    def _estimate(self, query: Query, labels: Mapping[str, str]) -> int | None:
        try:
            return self._queries.estimate(query, labels)
        except ServiceError as error:
            _log.warning("No estimate for a refused query: %s", error.debug or error.message)
            return None

    def _with_advice(
        self, text: str, selection: Selection, labels: Mapping[str, str], rows: int, fitting: int
    ) -> ResultTooLargeError:
        choices = alternatives(selection)
        counts = self._count(selection, labels, choices) if choices else []
        advice = best_fit(choices[: len(counts)], counts, fitting)
        shorter = _shorter(selection, fitting / max(rows, 1)) if _grows_with_its_period(selection) else ""
        return ResultTooLargeError(" ".join(filter(None, [text, advice, shorter])))

    def _count(self, selection: Selection, labels: Mapping[str, str], choices: Sequence[Alternative]) -> list[int]:
        table = self._warehouse.table(selection.dataset.table_name)
        query = build_counts(selection, table, [choice.grouping for choice in choices])
        try:
            result = self._queries.run(query, labels, _COUNTING_SECONDS)
        except ServiceError as error:
            _log.warning("No advice for a refused answer: %s", error.debug or error.message)
            return []
        return [int(count or 0) for count in result.first_row] if isinstance(result, Result) else []


def alternatives(selection: Selection) -> list[Alternative]:
    """The chart with one dimension less, or for single interactions the chart aggregated."""
    dimensions = selection.dimensions
    if selection.detail == "interaction":
        return [Alternative("With the level of detail 'aggregated'", dimensions)]
    return [
        Alternative(f"Without '{dropped.label}'", tuple(field for field in dimensions if field is not dropped))
        for dropped in dimensions
    ]


def best_fit(choices: Sequence[Alternative], counts: Sequence[int], fitting: int) -> str:
    """A sentence on what would fit: the alternative with fewest rows if that is enough, and a filter anyway."""
    general = "Choose a shorter period, add a filter or remove fields."
    if not choices:
        return general
    count, choice = min(zip(counts, choices, strict=True), key=lambda pair: pair[0])
    if count > fitting:
        return general
    return f"{choice.advice} it would be about {count:,} rows. Or choose a shorter period or add a filter."


def _grows_with_its_period(selection: Selection) -> bool:
    """Whether twice the days are about twice the rows; a chart by agent alone has as many in a day as in a week."""
    return selection.detail == "interaction" or any(field.type.startswith(_BY_DAY) for field in selection.dimensions)


def _shorter(selection: Selection, share: float) -> str:
    """How long a period would fit, if its days are alike; nothing where not even one does."""
    if selection.period is None:
        return ""
    days = int(round((selection.period.end - selection.period.start) / timedelta(days=1)) * share)
    return f"About {days:,} {'day' if days == 1 else 'days'} would fit." if days else ""


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
