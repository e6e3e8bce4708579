"""Compares our queue counts of settled days with Genesys's own, number by number."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from backend.errors import GenesysPermissionError
from backend.extraction.context import Context
from backend.genesys.aggregates import QUEUE_METRICS, QueueTotal, queue_totals
from backend.genesys.client import GenesysClient
from backend.warehouse import queue_counts
from backend.warehouse.client import Warehouse
from backend.warehouse.comparison import (
    RECOUNT,
    Difference,
    OurTotal,
    Summary,
    our_totals,
    recount,
    store_comparison,
)

_LOG = logging.getLogger(__name__)
_DAY = timedelta(days=1)


class Comparison(NamedTuple):
    """What came of one day."""

    day: datetime
    summaries: list[Summary]
    differences: list[Difference]


# Which columns hold the count and the milliseconds of a metric.
_FIGURES = {
    metric: {
        "count" if summed == "sign" or metric.startswith("n") else "sum": column
        for column, (source, summed) in queue_counts.FIGURES.items()
        if source == metric
    }
    for metric in QUEUE_METRICS
}


def compare_settled_days(context: Context, settled_through: datetime, *, days: int) -> Iterator[None]:
    """Compares the last whole days before `settled_through` and stores what was found, a day a step.

    The last of them is counted anew from our own events too.
    """
    midnight = datetime.combine(settled_through.date(), time.min, UTC)
    history = context.state.first_start or midnight
    for back in range(days, 0, -1):
        day = midnight - back * _DAY
        if day < history or context.time_is_short():
            continue
        try:
            found = compare_day(context.genesys, context.tools.warehouse, day, context.tools.now())
        except GenesysPermissionError as error:
            _LOG.warning("counts are not compared with Genesys's own: %s", error.message)
            return
        summaries = found.summaries
        if back == 1:
            different = recount(context.tools.warehouse, day)
            summaries = [*summaries, Summary(day, RECOUNT, 0, different, different, context.tools.now())]
        store_comparison(context.tools.warehouse, day, summaries, found.differences)
        yield


def compare_day(genesys: GenesysClient, warehouse: Warehouse, day: datetime, now: datetime) -> Comparison:
    """One UTC day as Genesys counts it beside ours."""
    return compare(day, queue_totals(genesys, day, day + _DAY), our_totals(warehouse, day), now)


def compare(day: datetime, theirs: Iterable[QueueTotal], ours: Sequence[OurTotal], now: datetime) -> Comparison:
    """Pure: every number of both sides, 0 where a side has none."""
    numbers: dict[tuple[datetime, str | None, str | None, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for total in theirs:
        place = (total.interval_start, total.queue_id, total.channel, total.metric)
        for figure, value in (("count", total.count), ("sum", total.sum)):
            if figure in _FIGURES[total.metric] and value is not None:
                numbers[*place, figure][0] += value
    for our in ours:
        for metric, columns in _FIGURES.items():
            for figure, column in columns.items():
                if value := our.figures[column]:
                    numbers[our.interval_start, our.queue_id, our.channel, metric, figure][1] += value
    differences = [
        Difference(*place, *pair) for place, pair in sorted(numbers.items(), key=_order) if pair[0] != pair[1]
    ]
    return Comparison(day, _summaries(day, numbers, differences, now), differences)


def _summaries(
    day: datetime,
    numbers: dict[tuple[datetime, str | None, str | None, str, str], list[int]],
    differences: list[Difference],
    now: datetime,
) -> list[Summary]:
    summaries = []
    for metric, columns in _FIGURES.items():
        figure = "count" if "count" in columns else "sum"
        pairs = [pair for place, pair in numbers.items() if place[3:] == (metric, figure)]
        different = sum(difference.metric == metric for difference in differences)
        summaries.append(Summary(day, metric, sum(p[0] for p in pairs), sum(p[1] for p in pairs), different, now))
    return summaries


def _order(item: tuple[tuple[datetime, str | None, str | None, str, str], list[int]]) -> tuple[object, ...]:
    (start, queue, channel, metric, figure), _ = item
    return (start, queue or "", channel or "", metric, figure)
