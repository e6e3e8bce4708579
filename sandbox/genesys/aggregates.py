"""The aggregates query: every emitted metric counted at its own moment, by interval and group."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from flask import Blueprint, Response

from .draft import Metric, Session
from .errors import ApiError, json_response
from .filters import Filter, unknown_dimension
from .instants import DAY, HALF_HOUR, HOUR, Clock, Interval
from .parameters import json_body, query_parameters
from .queries import PATH
from .record import draft_record
from .selection import interval_of
from .world import World

_GRANULARITIES = {"PT15M": HALF_HOUR // 2, "PT30M": HALF_HOUR, "PT1H": HOUR, "P1D": DAY}
_COUNTS = {"nOffered", "nOverSla", "nTransferred"}
_QUEUE_TIMES = {"tAbandon", "tAcd", "tAnswered", "tFlowOut", "tShortAbandon", "tVoicemail"}
_METRICS = _COUNTS | _QUEUE_TIMES | {"tAcw", "tHandle", "tHeldComplete", "tTalkComplete"}

type Dimension = Literal["queueId", "mediaType", "userId", "direction"]


class AggregateQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body of an aggregates query, as on the wire."""

    interval: str
    metrics: list[str]
    granularity: str | None = None
    group_by: list[Dimension] = []
    filter: Filter | None = None
    time_zone: Literal["UTC"] | None = None
    flatten_multivalued_dimensions: bool = False
    alternate_time_dimension: Literal["eventTime"] | None = None

    def checked(self) -> tuple[Interval, int]:
        """The interval and the step in milliseconds; raises ApiError 400 where the query isn't acceptable."""
        if unknown := sorted(set(self.metrics) - _METRICS):
            raise ApiError(400, f"Metrics not simulated: {', '.join(unknown)}")
        if not self.metrics:
            raise ApiError(400, "metrics must name at least one metric")
        interval = interval_of(self.interval)
        if self.granularity is None:
            return interval, interval.length
        if self.granularity not in _GRANULARITIES:
            known = ", ".join(_GRANULARITIES)
            raise ApiError(400, f"Granularity {self.granularity} is not simulated; known: {known}")
        return interval, _GRANULARITIES[self.granularity]


class Event(NamedTuple):
    """One emitted metric with the dimensions of its session; those that it doesn't have are None."""

    metric: Metric
    dimensions: dict[str, str | None]

    def read(self, dimension: str) -> str | None:
        """A dimension, for filters."""
        if dimension not in self.dimensions:
            raise unknown_dimension(dimension, ", ".join(self.dimensions))
        return self.dimensions[dimension]


class Aggregates:
    """Counts a world's metrics as of the clock's now."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def blueprint(self) -> Blueprint:
        routes = Blueprint("aggregates", __name__, url_prefix=PATH)
        routes.add_url_rule("/aggregates/query", view_func=self.query, methods=["POST"])
        return routes

    def query(self) -> Response:
        """Answer `POST .../aggregates/query`; what has no data is missing, `results` itself too."""
        query_parameters(set())
        asked = json_body(AggregateQuery)
        interval, step = asked.checked()
        values: dict[tuple[str | None, ...], dict[int, dict[str, list[int]]]] = {}
        for event in self._events(interval):
            if event.metric.name not in asked.metrics or not (asked.filter is None or asked.filter.holds(event.read)):
                continue
            # A metric that no agent has is missing from groups by agent.
            if "userId" in asked.group_by and event.dimensions["userId"] is None:
                continue
            group = tuple(event.dimensions[dimension] for dimension in asked.group_by)
            slot = (event.metric.emitted - interval.start) // step
            metrics = values.setdefault(group, {}).setdefault(slot, {})
            metrics.setdefault(event.metric.name, []).append(event.metric.value)
        results = [
            {
                "group": {name: value for name, value in zip(asked.group_by, group, strict=True) if value is not None},
                "data": [_slot(interval, step, slot, metrics) for slot, metrics in sorted(slots.items())],
            }
            for group, slots in values.items()
        ]
        return json_response({"results": results} if results else {})

    def _events(self, interval: Interval) -> Iterator[Event]:
        """Metrics emitted in an interval, up to now."""
        now = self._clock()
        days = range(self._world.earliest // DAY, min(interval.end, now) // DAY + 1)
        for plan in self._world.begun(days, now):
            if plan.start < interval.end and plan.closed_at >= interval.start:
                for participant in draft_record(plan, self._world.organization).participants:
                    for session in participant.sessions:
                        dimensions = _dimensions(session, participant.facts.get("userId"))
                        for metric in session.metrics:
                            if interval.start <= metric.emitted < interval.end and metric.emitted <= now:
                                yield Event(metric, dimensions)


def _dimensions(session: Session, user: str | None) -> dict[str, str | None]:
    segments = sorted(session.segments, key=lambda segment: segment.start)
    queue = next((segment.facts["queueId"] for segment in segments if "queueId" in segment.facts), None)
    facts = session.facts
    return {"queueId": queue, "mediaType": facts["mediaType"], "userId": user, "direction": facts["direction"]}


def _slot(interval: Interval, step: int, slot: int, metrics: dict[str, list[int]]) -> dict[str, Any]:
    start = interval.start + slot * step
    return {
        "interval": str(Interval(start, min(start + step, interval.end))),
        "metrics": [{"metric": name, "stats": _stats(name, values)} for name, values in sorted(metrics.items())],
    }


def _stats(name: str, values: list[int]) -> dict[str, float]:
    """A count sums its values; a duration counts its events."""
    if name.startswith("n"):
        return {"count": sum(values)}
    return {"count": len(values), "sum": float(sum(values)), "min": float(min(values)), "max": float(max(values))}
