"""What Genesys itself counts in its queue views: the aggregates query, by half-hour, queue and channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import msgspec

from backend.errors import GenesysInvalidResponseError
from backend.genesys.answers import Instant, decode
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import interval

_QUERY = "/api/v2/analytics/conversations/aggregates/query"
_DAY = timedelta(days=1)

# The counts of Performance > Queues; each counts at the moment its metric is emitted.
QUEUE_METRICS = (
    "nOffered", "tAnswered", "nOverSla", "tAbandon", "tShortAbandon", "tFlowOut", "tAcd",
    "tTalkComplete", "tHeldComplete", "tAcw", "tHandle", "nTransferred",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueTotal:
    """One metric of one half-hour (from `interval_start`, UTC), queue and channel; None where Genesys knows none.

    `count` of an `n...` metric is the sum of its values, of a `t...` metric the number of its events; `sum` is in
    milliseconds, None for `n...` metrics.
    """

    interval_start: datetime
    queue_id: str | None
    channel: str | None
    metric: str
    count: int
    sum: int | None


class _Group(msgspec.Struct, rename="camel"):
    queue_id: str | None = None
    media_type: str | None = None


class _Stats(msgspec.Struct):
    count: float | None = None
    sum: float | None = None


class _Metric(msgspec.Struct):
    metric: str
    stats: _Stats = msgspec.field(default_factory=_Stats)


class _Slot(msgspec.Struct):
    interval: str
    metrics: list[_Metric] | None = None


class _Result(msgspec.Struct):
    group: _Group = msgspec.field(default_factory=_Group)
    data: list[_Slot] | None = None


class _Answer(msgspec.Struct):
    results: list[_Result] | None = None


def queue_totals(client: GenesysClient, start: datetime, end: datetime) -> Iterator[QueueTotal]:
    """Every total that Genesys has of a half-open span, one UTC day a call; what has no data is missing.

    `start` and `end` are aware and on a half-hour. Raises what `GenesysClient` raises.
    """
    for day_start, day_end in _days(start.astimezone(UTC), end.astimezone(UTC)):
        query = {
            "interval": interval(day_start, day_end),
            "granularity": "PT30M",
            "groupBy": ["queueId", "mediaType"],
            "metrics": QUEUE_METRICS,
        }
        answer = decode(client.post(_QUERY, query), _Answer, f"POST {_QUERY}")
        for result in answer.results or ():
            yield from _totals(result)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        midnight = datetime.combine(start.date(), time.min, UTC) + _DAY
        yield start, min(midnight, end)
        start = midnight


def _totals(result: _Result) -> Iterator[QueueTotal]:
    for slot in result.data or ():
        begun = _begin(slot.interval)
        for total in slot.metrics or ():
            count, milliseconds = total.stats.count, total.stats.sum
            if total.metric in QUEUE_METRICS and count is not None:
                yield QueueTotal(
                    begun,
                    result.group.queue_id,
                    result.group.media_type,
                    total.metric,
                    round(count),
                    None if total.metric.startswith("n") or milliseconds is None else round(milliseconds),
                )


def _begin(text: str) -> datetime:
    """The start of an interval `A/B`."""
    try:
        moment: datetime = msgspec.convert(text.partition("/")[0], Instant)
    except msgspec.ValidationError as error:
        raise GenesysInvalidResponseError(
            f"Genesys Cloud's answer to POST {_QUERY} names an interval that is none ({text[:80]!r}). The comparison "
            "stopped; report this if it stays."
        ) from error
    return moment.astimezone(UTC)
