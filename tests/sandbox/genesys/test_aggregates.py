from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sandbox.genesys.instants import DAY, HALF_HOUR, Interval, parse
from sandbox.genesys.world import World

from .conftest import FIRST_START, Caller

AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"
YESTERDAY = Interval((FIRST_START // DAY - 1) * DAY, FIRST_START // DAY * DAY)
COUNTS = ["nOffered", "nOverSla", "nTransferred"]
DURATIONS = ["tAnswered", "tAbandon", "tShortAbandon", "tFlowOut", "tAcd"]
WORK = ["tTalkComplete", "tHeldComplete", "tAcw", "tHandle"]

type Group = tuple[str | None, ...]


def aggregate(caller: Caller, metrics: list[str], **more: Any) -> list[dict[str, Any]]:
    response = caller.post(AGGREGATES, {"interval": str(YESTERDAY), "metrics": metrics} | more)
    assert response.status_code == 200, response.text
    return list((response.json or {}).get("results", []))


def figures(results: list[dict[str, Any]], *dimensions: str) -> dict[tuple[Group, int, str], dict[str, Any]]:
    """Statistics by group, interval start and metric."""
    return {
        (
            tuple(result["group"].get(name) for name in dimensions),
            parse(slot["interval"].split("/")[0]),
            item["metric"],
        ): item["stats"]
        for result in results
        for slot in result["data"]
        for item in slot["metrics"]
    }


def emitted(world: World, now: int) -> Iterator[tuple[str | None, str, str | None, dict[str, Any]]]:
    """Queue, medium, agent and metric of everything that the served records hold, read as a flattener would."""
    for plan in world.begun(range(world.earliest // DAY, now // DAY + 1), now):
        record = orjson.loads(world.record(plan, now))
        for participant in record["participants"]:
            for session in participant["sessions"]:
                segments = sorted(session["segments"], key=lambda segment: segment["segmentStart"])
                queue = next((segment["queueId"] for segment in segments if "queueId" in segment), None)
                for metric in session["metrics"]:
                    yield queue, session["mediaType"], participant.get("userId"), metric


def test_each_half_hour_queue_and_medium_is_the_sum_of_the_emitted_metrics(caller: Caller, world: World) -> None:
    metrics = [*COUNTS, *DURATIONS, *WORK]
    expected: defaultdict[tuple[Group, int, str], list[int]] = defaultdict(list)
    for queue, media, _, metric in emitted(world, FIRST_START):
        moment = parse(metric["emitDate"])
        if metric["name"] in metrics and YESTERDAY.start <= moment < YESTERDAY.end:
            expected[(queue, media), moment // HALF_HOUR * HALF_HOUR, metric["name"]].append(metric["value"])
    results = aggregate(caller, metrics, granularity="PT30M", groupBy=["queueId", "mediaType"])
    found = figures(results, "queueId", "mediaType")

    assert found.keys() == expected.keys()
    for key, values in expected.items():
        if key[-1] in COUNTS:
            assert found[key] == {"count": sum(values)}
        else:
            summed = {"count": len(values), "sum": sum(values), "min": min(values), "max": max(values)}
            assert found[key] == summed
    assert {key[-1] for key in found} == set(metrics)


def test_a_transfer_is_offered_to_both_queues(caller: Caller, world: World) -> None:
    plan = next(plan for plan in world.begun(YESTERDAY.days(), FIRST_START) if len(plan.visits) == 2)
    day = str(Interval(plan.visits[0].entered, plan.visits[1].entered + 1))
    only = {"type": "and", "predicates": [{"dimension": "mediaType", "value": plan.media}]}
    results = aggregate(caller, ["nOffered"], interval=day, groupBy=["queueId"], filter=only)
    queues = {result["group"]["queueId"] for result in results}

    assert {visit.queue.id for visit in plan.visits} <= queues


def test_the_interval_is_one_step_unless_asked_otherwise(caller: Caller) -> None:
    [result] = aggregate(caller, ["nOffered"])

    assert result["group"] == {}
    assert [slot["interval"] for slot in result["data"]] == [str(YESTERDAY)]


def test_groups_by_agent_lack_what_no_agent_has(caller: Caller, world: World) -> None:
    results = aggregate(caller, ["nOffered", "tHandle"], groupBy=["userId"])
    users = {user.id for user in world.organization.users}

    assert {metric for _, _, metric in figures(results, "userId")} == {"tHandle"}
    assert {result["group"]["userId"] for result in results} <= users


def test_work_without_a_queue_is_a_group_without_one(caller: Caller) -> None:
    results = aggregate(caller, ["tHandle"], groupBy=["queueId", "direction"])

    assert {"direction": "outbound"} in [result["group"] for result in results]


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"dimension": "mediaType", "value": "chat"}, {"chat"}),
        ({"dimension": "queueId", "operator": "notExists"}, {"voice"}),
    ],
)
def test_filters(caller: Caller, predicate: dict[str, str], expected: set[str]) -> None:
    results = aggregate(caller, ["tHandle"], groupBy=["mediaType"], filter={"type": "and", "predicates": [predicate]})

    assert {result["group"]["mediaType"] for result in results} == expected


def test_nothing_of_the_future_is_counted(caller: Caller) -> None:
    ahead = str(Interval(FIRST_START + 1, FIRST_START + DAY))
    assert aggregate(caller, ["nOffered"], interval=ahead) == []

    caller.wait(DAY)

    assert aggregate(caller, ["nOffered"], interval=ahead)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metrics": ["tWaiting"]}, "tWaiting"),
        ({"metrics": []}, "at least one metric"),
        ({"granularity": "PT7M"}, "PT7M"),
        ({"groupBy": ["colour"]}, "groupBy"),
        ({"interval": "x"}, "START/END"),
        ({"timeZone": "Europe/Berlin"}, "timeZone"),
        ({"views": []}, "views"),
        ({"filter": {"type": "and", "predicates": [{"dimension": "colour", "operator": "exists"}]}}, "colour"),
    ],
    ids=["metric", "no metric", "granularity", "group", "interval", "zone", "views", "dimension"],
)
def test_what_is_not_understood_is_refused(caller: Caller, change: dict[str, Any], complaint: str) -> None:
    body = {"interval": str(YESTERDAY), "metrics": ["nOffered"]} | change
    response = caller.post(AGGREGATES, body)

    assert response.status_code == 400
    assert complaint in response.text
