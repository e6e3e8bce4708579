"""Which conversations a details query or job means: the rules for its interval, its filters and its order."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Literal

import msgspec

from .errors import ApiError
from .filters import Filter, Value, unknown_dimension
from .instants import DAY, Interval
from .plan import Plan
from .world import World


class Selection(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What the bodies of a details query and of a details job have in common, as on the wire."""

    interval: str
    order: Literal["asc", "desc", "unordered"] = "asc"
    order_by: Literal["conversationStart", "conversationEnd", "segmentStart", "segmentEnd"] = "conversationStart"
    conversation_filters: list[Filter] = []
    segment_filters: list[Any] = []
    evaluation_filters: list[Any] = []
    survey_filters: list[Any] = []
    resolution_filters: list[Any] = []

    def checked_interval(self) -> Interval:
        """The interval; raises ApiError 400 where it is malformed, or where a filter isn't simulated."""
        unsimulated = {
            "segmentFilters": self.segment_filters,
            "evaluationFilters": self.evaluation_filters,
            "surveyFilters": self.survey_filters,
            "resolutionFilters": self.resolution_filters,
        }
        if used := [name for name, value in unsimulated.items() if value]:
            raise ApiError(400, f"{', '.join(used)} is not simulated; leave it out or empty")
        return interval_of(self.interval)

    def apply(self, plans: Iterable[Plan], now: int) -> list[Plan]:
        """The conversations that pass the filters as of `now`, in the order asked for."""
        found = [plan for plan in plans if self._passes(plan, now)]
        if self.order == "unordered":
            return sorted(found, key=attrgetter("id"))
        if self.order_by in ("conversationEnd", "segmentEnd"):
            found.sort(key=lambda plan: (plan.end(now) or now, plan.start))
        return found[::-1] if self.order == "desc" else found

    def _passes(self, plan: Plan, now: int) -> bool:
        def read(dimension: str) -> Value:
            return _value(dimension, plan, now)

        return all(condition.holds(read) for condition in self.conversation_filters)


def interval_of(text: str) -> Interval:
    """Read an interval; raises ApiError 400 that says what is wrong with it."""
    try:
        return Interval.parse(text)
    except ValueError as error:
        raise ApiError(400, f"Interval: {error}", "invalid.date") from error


def started_in(world: World, interval: Interval, now: int) -> list[Plan]:
    """The query's rule, by start.

    A conversation counts if it began on a UTC day that the interval touches and its life overlaps the interval. So
    one that began before the interval's start, but on the same day, comes along while it is alive then; one that
    began the day before never does, even if it ended inside. Readers apply their own exact bounds.
    """
    return [plan for plan in world.begun(interval.days(), now) if _overlaps(plan, interval, now)]


def alive_in(world: World, interval: Interval, now: int, horizon: int) -> list[Plan]:
    """The job's rule, by start: every conversation whose life up to the horizon overlaps the interval.

    `now` decides how a conversation is told and whether it is deleted; nothing is known of what began at or after
    the horizon.
    """
    days = range(world.earliest // DAY, min(interval.end, horizon) // DAY + 1)
    return [plan for plan in world.begun(days, now) if plan.start < horizon and _overlaps(plan, interval, horizon)]


def _overlaps(plan: Plan, interval: Interval, now: int) -> bool:
    if plan.start >= interval.start:
        return plan.start < interval.end
    return (plan.end(now) or now) > interval.start


def _value(dimension: str, plan: Plan, now: int) -> Value:
    match dimension:
        case "conversationEnd":
            return plan.end(now)
        case "conversationId":
            return plan.id
        case "originatingDirection":
            return None if dimension in plan.omitted else plan.direction
    raise unknown_dimension(dimension, "conversationEnd, conversationId, originatingDirection")
