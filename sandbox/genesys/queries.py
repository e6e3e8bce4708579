"""Conversation details: the synchronous query, and reading by id."""

from operator import attrgetter
from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, g

from .errors import ApiError, json_response
from .filters import Filter
from .instants import DAY, Clock, Interval
from .parameters import json_body, query_parameters
from .plan import Plan
from .world import World

PATH = "/api/v2/analytics/conversations"
_LONGEST_INTERVAL = 31 * DAY
_LARGEST_PAGE = 100
_LAST_RESULT = 100_000
_MOST_IDS = 50


class Paging(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Which page, from 1 on."""

    page_size: int = 25
    page_number: int = 1


class ConversationQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body of a details query, as on the wire."""

    interval: str
    order: Literal["asc", "desc", "unordered"] = "asc"
    order_by: Literal["conversationStart", "conversationEnd", "segmentStart", "segmentEnd"] = "conversationStart"
    paging: Paging = msgspec.field(default_factory=Paging)
    conversation_filters: list[Filter] = []
    segment_filters: list[Any] = []
    evaluation_filters: list[Any] = []
    survey_filters: list[Any] = []
    resolution_filters: list[Any] = []
    aggregations: list[Any] = []


class Queries:
    """Answers details queries and reads by id from a world, as of the clock's now."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def blueprint(self) -> Blueprint:
        routes = Blueprint("queries", __name__, url_prefix=PATH)
        routes.add_url_rule("/details/query", view_func=self.query, methods=["POST"])
        routes.add_url_rule("/details", view_func=self.by_ids)
        routes.add_url_rule("/<identity>/details", view_func=self.by_id)
        return routes

    def query(self) -> Response:
        """Answer `POST .../details/query`: a page of the matching conversations as they are at this moment."""
        query_parameters(set())
        asked = json_body(ConversationQuery)
        interval, page = _checked(asked)
        now = self._clock()
        found = [
            plan
            for plan in started_in(self._world, interval, now)
            if all(condition.holds(plan, now) for condition in asked.conversation_filters)
        ]
        if g.get("repeat_page"):
            page = max(page - 1, 0)
        size = asked.paging.page_size
        shown = _ordered(found, asked, now)[page * size : (page + 1) * size]
        return self._answer(shown, now, b'"totalHits":%d' % len(found))

    def by_ids(self) -> Response:
        """Answer `GET .../details?id=a,b,c`; ids that are not known are left out."""
        asked = query_parameters({"id"})
        identities = [identity for text in asked.getlist("id") for identity in text.split(",") if identity]
        if not 1 <= len(identities) <= _MOST_IDS:
            raise ApiError(400, f"Parameter id needs 1 to {_MOST_IDS} conversation ids, not {len(identities)}")
        now = self._clock()
        found = (self._world.find(identity, now) for identity in dict.fromkeys(identities))
        return self._answer([plan for plan in found if plan], now)

    def by_id(self, identity: str) -> Response:
        """Answer `GET .../{id}/details`."""
        query_parameters(set())
        now = self._clock()
        plan = self._world.find(identity, now)
        if plan is None:
            raise ApiError(404, f"Conversation {identity} was not found", params={"conversationId": identity})
        return json_response(self._world.record(plan, now))

    def _answer(self, plans: list[Plan], now: int, *members: bytes) -> Response:
        records = b",".join(self._world.record(plan, now) for plan in plans)
        conversations = [b'"conversations":[%b]' % records] if plans else []
        return json_response(b"{%b}" % b",".join([*conversations, *members]))


def started_in(world: World, interval: Interval, now: int) -> list[Plan]:
    """The query's rule for what an interval means, by start.

    A conversation counts if it began on a UTC day that the interval touches and its life overlaps the interval. So
    one that began before the interval's start, but on the same day, comes along while it is alive then; one that
    began the day before never does, even if it ended inside. Readers apply their own exact bounds.
    """
    return [
        plan
        for day in interval.days()
        for plan in world.day(day)
        if plan.start < interval.end
        and plan.start <= now
        and (plan.start >= interval.start or (plan.end(now) or now) > interval.start)
    ]


def _checked(query: ConversationQuery) -> tuple[Interval, int]:
    """The interval and the page counted from 0, where both are acceptable."""
    try:
        interval = Interval.parse(query.interval)
    except ValueError as error:
        raise ApiError(400, f"Interval: {error}", "invalid.date") from error
    if interval.length > _LONGEST_INTERVAL:
        raise ApiError(400, f"Interval: {query.interval} is longer than 31 days", "invalid.date")
    unsimulated = {
        "segmentFilters": query.segment_filters,
        "evaluationFilters": query.evaluation_filters,
        "surveyFilters": query.survey_filters,
        "resolutionFilters": query.resolution_filters,
        "aggregations": query.aggregations,
    }
    if used := [name for name, value in unsimulated.items() if value]:
        raise ApiError(400, f"{', '.join(used)} is not simulated; leave it out or empty")
    size, number = query.paging.page_size, query.paging.page_number
    if not 1 <= size <= _LARGEST_PAGE or number < 1:
        message = f"Paging: pageSize {size} must be 1 to {_LARGEST_PAGE} and pageNumber {number} at least 1"
        raise ApiError(400, message, "invalid.value")
    if size * number > _LAST_RESULT:
        message = f"Paging: results beyond {_LAST_RESULT:,} cannot be read; narrow the interval"
        raise ApiError(400, message, "invalid.value")
    return interval, number - 1


def _ordered(plans: list[Plan], query: ConversationQuery, now: int) -> list[Plan]:
    if query.order == "unordered":
        return sorted(plans, key=attrgetter("id"))
    if query.order_by in ("conversationEnd", "segmentEnd"):
        plans = sorted(plans, key=lambda plan: (plan.end(now) or now, plan.start))
    return plans[::-1] if query.order == "desc" else plans
