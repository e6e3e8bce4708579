from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sandbox.genesys.instants import DAY, HOUR, MINUTE, iso, parse
from sandbox.genesys.plan import Plan
from sandbox.genesys.world import World

from .conftest import FIRST_START
from .wire_model import breaches

LONG_AFTER = FIRST_START + 120 * DAY


@pytest.fixture(scope="module")
def plans(world: World, days: range) -> list[Plan]:
    return [plan for day in days for plan in world.day(day)]


@pytest.fixture(scope="module")
def records(world: World, plans: list[Plan]) -> list[dict[str, Any]]:
    """Every conversation when all is over."""
    return [orjson.loads(world.record(plan, LONG_AFTER)) for plan in plans]


def sessions(record: dict[str, Any], *purposes: str) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    """Sessions of participants of some purposes, each with the sums of its metrics."""
    for participant in record["participants"]:
        if not purposes or participant["purpose"] in purposes:
            for session in participant["sessions"]:
                yield session, totals(session)


def totals(session: dict[str, Any]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for metric in session["metrics"]:
        sums[metric["name"]] += metric["value"]
    return sums


def dates(value: Any) -> Iterator[int]:
    """Every moment that a record names, wherever it stands."""
    match value:
        case dict():
            for item in value.values():
                yield from dates(item)
        case list():
            for item in value:
                yield from dates(item)
        case str() if len(value) == 24 and value.endswith("Z"):
            yield parse(value)


def test_every_property_is_one_of_the_published_model(records: list[dict[str, Any]]) -> None:
    found = {breach for record in records for breach in breaches(record, "AnalyticsConversationWithoutAttributes")}

    assert not found


def test_open_records_too_follow_the_published_model(world: World, plans: list[Plan]) -> None:
    for plan in plans[::7]:
        for moment in (plan.start, (plan.start + plan.closed_at) // 2):
            record = orjson.loads(world.record(plan, moment))
            assert not list(breaches(record, "AnalyticsConversationWithoutAttributes"))


def test_handling_is_talk_hold_and_after_call_work(records: list[dict[str, Any]]) -> None:
    for record in records:
        for _, sums in sessions(record, "agent"):
            assert sums["tHandle"] == sums["tTalkComplete"] + sums["tHeldComplete"] + sums["tAcw"]


def test_handling_a_users_own_call_includes_contacting_and_dialing(records: list[dict[str, Any]]) -> None:
    calls = [sums for record in records for _, sums in sessions(record, "user")]

    assert calls
    for sums in calls:
        assert sums["tHandle"] == sums["tTalkComplete"] + sums["tContacting"] + sums["tDialing"]


@pytest.mark.parametrize(("single", "complete"), [("tTalk", "tTalkComplete"), ("tHeld", "tHeldComplete")])
def test_complete_metrics_sum_the_single_ones(records: list[dict[str, Any]], single: str, complete: str) -> None:
    summed = [sums for record in records for _, sums in sessions(record) if sums[single] or sums[complete]]

    assert summed
    for sums in summed:
        assert sums[single] == sums[complete]


def test_answer_times_equal_the_queue_times_of_their_visits(records: list[dict[str, Any]]) -> None:
    """Callbacks apart: Genesys counts no answer for them."""
    pairs = 0
    for record in records:
        answers = [sums["tAnswered"] for _, sums in sessions(record, "agent") if sums["tAnswered"]]
        waits = [sums["tAcd"] for session, sums in sessions(record, "acd") if "selectedAgentId" in session]
        if "callback" not in {session["mediaType"] for session, _ in sessions(record)}:
            assert answers == waits
            pairs += len(answers)
    assert pairs > 500


def test_a_transfer_gives_each_visit_its_own_pair(records: list[dict[str, Any]]) -> None:
    transferred = [r for r in records if any(sums["nTransferred"] for _, sums in sessions(r, "agent"))]

    assert transferred
    for record in transferred:
        queues = [session["segments"][0]["queueId"] for session, _ in sessions(record, "acd")]
        assert len(queues) == len(set(queues)) == 2
        assert sum(sums["nOffered"] for _, sums in sessions(record, "acd")) == 2


def test_offered_visits_are_answered_abandoned_or_flow_out(records: list[dict[str, Any]]) -> None:
    for record in records:
        for session, sums in sessions(record, "acd"):
            if session["mediaType"] != "callback":
                ends = [sums["tAbandon"] > 0, sums["tFlowOut"] > 0, "selectedAgentId" in session]
                assert sums["nOffered"] == ends.count(True) == 1


def test_the_end_is_the_latest_segment_end(records: list[dict[str, Any]]) -> None:
    for record in records:
        ends = [segment["segmentEnd"] for session, _ in sessions(record) for segment in session["segments"]]
        assert record["conversationEnd"] == max(ends)


def test_the_end_is_the_latest_emission_unless_a_code_was_added_later(
    plans: list[Plan], records: list[dict[str, Any]]
) -> None:
    late = 0
    for plan, record in zip(plans, records, strict=True):
        emitted = max(metric["emitDate"] for session, _ in sessions(record) for metric in session["metrics"])
        assert emitted == iso(plan.closed_at)
        late += record["conversationEnd"] > emitted
    assert late


@pytest.mark.parametrize("age", [0, 3_000, 40_000, 4 * MINUTE, HOUR, DAY], ids=lambda age: f"{age // 1_000} s old")
def test_a_record_holds_nothing_of_the_future(world: World, plans: list[Plan], age: int) -> None:
    for plan in plans[::5]:
        now = plan.start + age
        record = orjson.loads(world.record(plan, now))
        assert max(dates(record)) <= now
        assert ("conversationEnd" in record) == (plan.closed_at <= now)


def test_a_code_added_later_moves_end_and_nothing_else(world: World, plans: list[Plan]) -> None:
    plan = next(p for p in plans if any(r.wrap_up and r.wrap_up.coded_at > p.closed_at for r in p.rings))
    code_at = max(ring.wrap_up.coded_at for ring in plan.rings if ring.wrap_up)
    before, after = (orjson.loads(world.record(plan, now)) for now in (plan.closed_at, code_at))

    assert (before["conversationEnd"], after["conversationEnd"]) == (iso(plan.closed_at), iso(code_at))
    assert [totals(s) for s, _ in sessions(before)] == [totals(s) for s, _ in sessions(after)]
    wrapped = [segment for session, _ in sessions(after) for segment in session["segments"] if "wrapUpCode" in segment]
    assert wrapped[-1]["segmentEnd"] == iso(code_at)


STORIES = {
    "hold": lambda r: any(sums["tHeld"] for _, sums in sessions(r, "agent")),
    "several talk stretches": lambda r: any(
        [m["name"] for m in session["metrics"]].count("tTalk") > 1 for session, _ in sessions(r, "agent")
    ),
    "rung without response": lambda r: any(sums["tNotResponding"] for _, sums in sessions(r, "agent")),
    "no response, yet after-call work": lambda r: any(
        sums["tNotResponding"] and sums["tAcw"] for _, sums in sessions(r, "agent")
    ),
    "abandoned": lambda r: any(sums["tAbandon"] for _, sums in sessions(r, "acd")),
    "short abandon": lambda r: any(sums["tShortAbandon"] for _, sums in sessions(r, "acd")),
    "answered over target": lambda r: any(sums["nOverSla"] for _, sums in sessions(r, "acd")),
    "flow-out": lambda r: any(sums["tFlowOut"] for _, sums in sessions(r, "acd")),
    "voicemail": lambda r: any(sums["tVoicemail"] for _, sums in sessions(r, "voicemail")),
    "callback that no agent took": lambda r: any(
        session["mediaType"] == "callback" and "selectedAgentId" not in session for session, _ in sessions(r, "acd")
    ),
    "call that became a callback": lambda r: (
        [session["mediaType"] for session, _ in sessions(r, "customer")] == ["voice", "callback"]
    ),
    "no queue": lambda r: not list(sessions(r, "acd")),
    "user's own call": lambda r: bool(list(sessions(r, "user"))),
    "requested skills": lambda r: any(
        "requestedRoutingSkillIds" in segment for session, _ in sessions(r, "acd") for segment in session["segments"]
    ),
    "wrap-up without code": lambda r: any(
        segment["segmentType"] == "wrapup" and "wrapUpCode" not in segment
        for session, _ in sessions(r, "agent")
        for segment in session["segments"]
    ),
    "system wrap-up code": lambda r: any(
        segment.get("wrapUpCode") == "ININ-WRAP-UP-TIMEOUT"
        for session, _ in sessions(r, "agent")
        for segment in session["segments"]
    ),
    "days long": lambda r: parse(r["conversationEnd"]) - parse(r["conversationStart"]) > 2 * DAY,
    "evaluated": lambda r: "evaluations" in r,
    "agent without team": lambda r: any(
        participant["purpose"] == "agent" and "teamId" not in participant for participant in r["participants"]
    ),
    "no divisions stated": lambda r: "divisionIds" not in r,
    "no direction stated": lambda r: "originatingDirection" not in r,
}


@pytest.mark.parametrize("story", STORIES)
def test_the_world_tells_each_story(records: list[dict[str, Any]], story: str) -> None:
    share = sum(map(STORIES[story], records)) / len(records)

    assert 0 < share < 0.5


def test_all_media_occur(records: list[dict[str, Any]]) -> None:
    media = Counter(session["mediaType"] for record in records for session, _ in sessions(record, "customer"))

    assert set(media) == {"voice", "chat", "email", "callback", "message"}
