"""Conversation details: the synchronous query, and reading by id."""

from typing import Any

import msgspec
from flask import Blueprint, Response, g

from .errors import ApiError, json_response
from .instants import DAY, Clock, Interval
from .parameters import json_body, query_parameters
from .plan import Plan
from .selection import Selection, started_in
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


class ConversationQuery(Selection):
    """The body of a details query, as on the wire."""

    paging: Paging = msgspec.field(default_factory=Paging)
    aggregations: list[Any] = msgspec.field(default_factory=list)


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
        found = asked.apply(started_in(self._world, interval, now), now)
        if g.get("ordered") == "repeated_page":
            page = max(page - 1, 0)
        size = asked.paging.page_size
        begin = max(page * size + g.get("drift", 0), 0)
        return self._answer(found[begin : begin + size], now, b'"totalHits":%d' % len(found))

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


def _checked(query: ConversationQuery) -> tuple[Interval, int]:
    """The interval and the page counted from 0, where both are acceptable."""
    interval = query.checked_interval()
    if interval.length > _LONGEST_INTERVAL:
        raise ApiError(400, f"Interval: {query.interval} is longer than 31 days", "invalid.date")
    if query.aggregations:
        raise ApiError(400, "aggregations is not simulated; leave it out or empty")
    size, number = query.paging.page_size, query.paging.page_number
    if not 1 <= size <= _LARGEST_PAGE or number < 1:
        message = f"Paging: pageSize {size} must be 1 to {_LARGEST_PAGE} and pageNumber {number} at least 1"
        raise ApiError(400, message, "invalid.value")
    if size * number > _LAST_RESULT:
        message = f"Paging: results beyond {_LAST_RESULT:,} cannot be read; narrow the interval"
        raise ApiError(400, message, "invalid.value")
    return interval, number - 1
