from typing import Any

import pytest

from sandbox.genesys.instants import DAY, HOUR, Interval, iso, parse
from sandbox.genesys.world import World

from .conftest import FIRST_START, QUERY, Caller
from .wire_model import breaches

YESTERDAY = Interval((FIRST_START // DAY - 1) * DAY, FIRST_START // DAY * DAY)
OPEN = [{"type": "and", "predicates": [{"type": "dimension", "dimension": "conversationEnd", "operator": "notExists"}]}]
ENDED = [{"type": "or", "predicates": [{"dimension": "conversationEnd", "operator": "exists"}]}]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["conversationId"] for record in records]


def test_pages_hold_each_conversation_of_the_day_once_in_order(caller: Caller, world: World) -> None:
    pages = list(caller.pages(str(YESTERDAY), size=100))

    assert ids([record for page in pages for record in page]) == [plan.id for plan in world.day(YESTERDAY.start // DAY)]
    assert {len(page) for page in pages[:-1]} == {100}


def test_total_hits_counts_all_pages(caller: Caller, world: World) -> None:
    page = caller.query(str(YESTERDAY), size=2)

    assert page["totalHits"] == len(world.day(YESTERDAY.start // DAY))
    assert not list(breaches(page, "AnalyticsConversationQueryResponse"))


def test_a_page_holds_25_unless_asked_otherwise(caller: Caller) -> None:
    response = caller.post(QUERY, {"interval": str(YESTERDAY)})

    assert response.json is not None
    assert len(response.json["conversations"]) == 25


def test_conversations_are_absent_where_there_are_none(caller: Caller) -> None:
    assert caller.query("2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z") == {"totalHits": 0}


def test_an_interval_takes_what_began_on_its_day_and_was_alive_in_it(caller: Caller, world: World) -> None:
    noon = YESTERDAY.start + 12 * HOUR
    expected = [
        plan.id
        for plan in world.day(YESTERDAY.start // DAY)
        if plan.start < noon + HOUR and (plan.end(caller.clock.now) or FIRST_START) > noon
    ]
    found = caller.all(str(Interval(noon, noon + HOUR)))

    assert ids(found) == expected
    assert any(parse(record["conversationStart"]) < noon for record in found)
    assert not any(parse(record.get("conversationEnd", iso(FIRST_START))) <= noon for record in found)


def test_an_interval_misses_what_began_the_day_before_and_ended_in_it(caller: Caller, world: World) -> None:
    today = Interval(YESTERDAY.end, FIRST_START)
    ended_today = {
        plan.id
        for plan in world.day(YESTERDAY.start // DAY)
        if YESTERDAY.end < (plan.end(FIRST_START) or 0) <= FIRST_START
    }

    assert ended_today
    assert not ended_today & set(ids(caller.all(str(today))))


def test_what_has_not_begun_is_not_served(caller: Caller) -> None:
    ahead = Interval(FIRST_START, FIRST_START + 3 * HOUR)
    assert "conversations" not in caller.query(str(ahead))

    caller.wait(2 * HOUR)

    starts = [parse(record["conversationStart"]) for record in caller.all(str(ahead))]
    assert FIRST_START < max(starts) <= caller.clock.now


@pytest.mark.parametrize(("filters", "has_end"), [(OPEN, False), (ENDED, True)], ids=["open", "ended"])
def test_filters_on_the_end(caller: Caller, filters: list[Any], has_end: bool) -> None:
    found = caller.all(str(YESTERDAY), conversationFilters=filters)

    assert found
    assert {"conversationEnd" in record for record in found} == {has_end}


def test_open_and_ended_make_up_the_day(caller: Caller, world: World) -> None:
    counts = [caller.query(str(YESTERDAY), conversationFilters=filters)["totalHits"] for filters in (OPEN, ENDED)]

    assert sum(counts) == len(world.day(YESTERDAY.start // DAY))


def test_clauses_join_predicates(caller: Caller) -> None:
    outbound = {"type": "and", "predicates": [{"dimension": "originatingDirection", "value": "outbound"}]}
    found = caller.all(str(YESTERDAY), conversationFilters=[{"type": "and", "clauses": [outbound]}, *ENDED])

    assert {record["originatingDirection"] for record in found} == {"outbound"}


@pytest.mark.parametrize(
    ("order", "order_by", "key"),
    [
        ("asc", "conversationStart", "conversationStart"),
        ("desc", "conversationStart", "conversationStart"),
        ("asc", "conversationEnd", "conversationEnd"),
        ("desc", "segmentEnd", "conversationEnd"),
        ("asc", "segmentStart", "conversationStart"),
    ],
)
def test_orders(caller: Caller, order: str, order_by: str, key: str) -> None:
    found = caller.all(str(YESTERDAY), order=order, orderBy=order_by, conversationFilters=ENDED)
    values = [record[key] for record in found]

    assert values == sorted(values, reverse=order == "desc")


def test_unordered_holds_the_same_conversations(caller: Caller) -> None:
    unordered, ordered = (ids(caller.all(str(YESTERDAY), order=order)) for order in ("unordered", "asc"))

    assert unordered != ordered
    assert sorted(unordered) == sorted(ordered)


def test_rows_slide_between_pages_while_newest_first_is_read(caller: Caller) -> None:
    today = str(Interval(YESTERDAY.end, YESTERDAY.end + DAY))
    first = ids(caller.query(today, size=20, order="desc")["conversations"])
    caller.wait(HOUR)
    second = ids(caller.query(today, size=20, page=2, order="desc")["conversations"])

    assert set(first) & set(second)


BAD_QUERIES: dict[str, tuple[dict[str, Any], str]] = {
    "no interval": ({}, "interval"),
    "malformed interval": ({"interval": "yesterday"}, "START/END"),
    "malformed date": ({"interval": "2026-13-01T00:00Z/2026-13-02T00:00Z"}, "Interval"),
    "no zone": ({"interval": "2026-03-01T00:00:00/2026-03-02T00:00:00"}, "time zone"),
    "end before start": ({"interval": "2026-03-02T00:00Z/2026-03-01T00:00Z"}, "ends before"),
    "empty interval": ({"interval": "2026-03-02T00:00Z/2026-03-02T00:00Z"}, "ends before"),
    "32 days": ({"interval": "2026-03-01T00:00Z/2026-04-02T00:00Z"}, "31 days"),
    "page of 101": ({"paging": {"pageSize": 101}}, "pageSize 101"),
    "page of none": ({"paging": {"pageSize": 0}}, "pageSize 0"),
    "page 0": ({"paging": {"pageNumber": 0}}, "pageNumber 0"),
    "beyond 100,000": ({"paging": {"pageSize": 100, "pageNumber": 1_001}}, "100,000"),
    "unknown property": ({"pageSize": 100}, "pageSize"),
    "unknown paging property": ({"paging": {"size": 1}}, "$.paging"),
    "unknown order": ({"order": "up"}, "$.order"),
    "unknown order by": ({"orderBy": "queue"}, "$.orderBy"),
    "unknown operator": (
        {"conversationFilters": [{"type": "and", "predicates": [{"dimension": "conversationEnd", "operator": "is"}]}]},
        "operator",
    ),
    "unknown dimension": (
        {"conversationFilters": [{"type": "and", "predicates": [{"dimension": "colour", "operator": "exists"}]}]},
        "colour",
    ),
    "value missing": (
        {"conversationFilters": [{"type": "and", "predicates": [{"dimension": "conversationId"}]}]},
        "needs a value",
    ),
    "empty filter": ({"conversationFilters": [{"type": "and"}]}, "at least one predicate"),
    "segment filter": ({"segmentFilters": [{"type": "and"}]}, "segmentFilters is not simulated"),
    "aggregations": ({"aggregations": [{}]}, "aggregations is not simulated"),
}


@pytest.mark.parametrize("case", BAD_QUERIES)
def test_what_is_not_understood_is_refused(caller: Caller, case: str) -> None:
    body, complaint = BAD_QUERIES[case]
    response = caller.post(QUERY, ({} if case == "no interval" else {"interval": str(YESTERDAY)}) | body)

    assert response.status_code == 400
    assert response.json is not None
    assert complaint in response.json["message"]
    assert not list(breaches(response.json, "ErrorBody"))


def test_the_last_readable_page_is_served(caller: Caller) -> None:
    assert "conversations" not in caller.query(str(YESTERDAY), size=100, page=1_000)


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad.request"),
        (b"{}", "text/plain", 415, "unsupported.media.type"),
        (b'"' + b"x" * 512_000 + b'"', "application/json", 413, "request.entity.too.large"),
    ],
    ids=["broken JSON", "no JSON", "over 500 KB"],
)
def test_bodies_that_cannot_be_read(caller: Caller, data: bytes, content_type: str, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": content_type}
    response = caller.http.post(QUERY, data=data, headers=headers)

    assert response.status_code == status
    assert response.json is not None
    assert response.json["code"] == code


def test_a_conversation_is_read_by_its_id(caller: Caller, world: World) -> None:
    plan = world.day(YESTERDAY.start // DAY)[3]
    response = caller.get(f"/analytics/conversations/{plan.id}/details")

    assert response.data == world.record(plan, FIRST_START)


def test_an_unknown_id_is_not_found(caller: Caller) -> None:
    response = caller.get("/analytics/conversations/00000000-0000-4000-8000-000000000000/details")

    assert response.status_code == 404
    assert response.json is not None
    assert response.json["code"] == "not.found"


def test_many_are_read_by_id_and_unknown_ones_left_out(caller: Caller, world: World) -> None:
    wanted = [plan.id for plan in world.day(YESTERDAY.start // DAY)[:49]]
    response = caller.get("/analytics/conversations/details", id=",".join([*wanted, "unknown"]))

    assert response.json is not None
    assert ids(response.json["conversations"]) == wanted
    assert not list(breaches(response.json, "AnalyticsConversationWithoutAttributesMultiGetResponse"))


def test_where_no_id_is_known_conversations_are_absent(caller: Caller) -> None:
    assert caller.get("/analytics/conversations/details", id="unknown").json == {}


@pytest.mark.parametrize("count", [0, 51])
def test_too_few_or_too_many_ids_are_refused(caller: Caller, count: int) -> None:
    response = caller.get("/analytics/conversations/details", id=",".join(f"id-{n}" for n in range(count)))

    assert response.status_code == 400
    assert f"not {count}" in response.text
