"""Every derivation of the flat record, and its hash."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backend.catalog import load_catalog
from backend.extraction.flatten import flatten
from backend.extraction.records import decode_conversation
from backend.extraction.rows import Names, Provenance, RowMapping
from tests.extraction.records import (
    NOW,
    START,
    Json,
    acd,
    agent,
    at,
    conversation,
    flat,
    metric,
    participant,
    segment,
    wrap_up,
)

SAMPLES = Path(__file__).parents[1] / "data" / "genesys-samples"
TALKED = metric("tTalk", 60_000)


def sample_row(file: str) -> dict[str, Any]:
    record = flatten(decode_conversation((SAMPLES / file).read_bytes()), NOW)
    return RowMapping(load_catalog()["interaction_details"]).row(record, Names(), Provenance(NOW))


def test_the_row_of_the_first_published_sample() -> None:
    row = sample_row("chat-1.json")
    assert row.pop("record_hash")
    queue, user = "a623d83c-96d7-4baa-af1f-d46ad6700d8b", "50fcd33c-f432-4726-abc9-979f3ca01555"
    assert row == {
        "id": "1bc96a39-6725-40c4-9345-db72aa67b8c6",
        "created_date": datetime(2021, 4, 1, 12, 27, 53, 386_000, UTC),
        "updated_date": datetime(2021, 4, 1, 12, 43, 23, 306_000, UTC),
        "ended_date": datetime(2021, 4, 1, 12, 43, 23, 306_000, UTC),
        "channel": "chat",
        "direction": "inbound",
        "queue_id": queue,
        "queue_name": queue,
        "first_queue_name": queue,
        "skill_name": None,
        "agent_id": user,
        "agent_name": user,
        "team_name": None,
        "location_name": None,
        "wait_time": Decimal("11.179"),
        "talk_time": Decimal("374.561"),
        "hold_time": Decimal("544.176"),
        "wrap_up_time": None,
        "handle_time": Decimal("918.737"),
        "disposition_code": None,
        "outcome": "answered",
        "abandoned": False,
        "answered": True,
        "transferred": False,
        "settled": False,
        "deleted_at": None,
        "extracted_at": NOW,
    }


def test_the_row_of_the_second_published_sample_which_has_no_end() -> None:
    row = sample_row("chat-2.json")
    assert (row["outcome"], row["ended_date"], row["answered"]) == ("open", None, True)
    assert (row["wait_time"], row["talk_time"]) == (Decimal("6.384"), Decimal("923.484"))
    assert (row["hold_time"], row["wrap_up_time"], row["handle_time"]) == (None, None, None)
    assert row["updated_date"] == datetime(2021, 4, 2, 15, 46, 21, 293_000, UTC)


@pytest.mark.parametrize(
    ("legs", "first", "last"),
    [
        pytest.param([acd("a")], "a", "a", id="one"),
        pytest.param([acd("late", start=5), acd("early", start=1)], "early", "late", id="by time, not by document"),
        pytest.param(
            [acd("a", start=1), acd("b", start=1), acd("c", start=1)], "a", "c", id="document order where equal"
        ),
        pytest.param([agent("u", TALKED, segments=[segment(queueId="q")])], None, None, id="a queue of an agent only"),
        pytest.param(
            [participant("customer", segments=[segment(queueId="q")])], None, None, id="a queue of a customer only"
        ),
        pytest.param([acd("a"), participant("acd", segments=[segment(5)])], "a", "a", id="acd session without a queue"),
        pytest.param(
            [participant("acd", segments=[segment(9, queueId="late"), segment(1), segment(2, queueId="q")])],
            "q",
            "q",
            id="first segment that has one",
        ),
        pytest.param(
            [acd("b", start=3), participant("acd", segments=[segment(9, queueId="a"), segment(1, queueId="a")])],
            "a",
            "b",
            id="ordered by earliest segment",
        ),
        pytest.param([], None, None, id="none"),
    ],
)
def test_first_and_last_queue(legs: list[Json], first: str | None, last: str | None) -> None:
    found = flat(conversation(*legs))
    assert (found.first_queue_id, found.queue_id) == (first, last)


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param([agent("u", metric("tAnswered"))], "u", id="answered"),
        pytest.param([agent("u", TALKED)], "u", id="talked"),
        pytest.param([agent("u", metric("tAlert"), metric("tNotResponding"))], None, id="only rung"),
        pytest.param([agent("u", metric("tAlert"), metric("tAcw"), metric("tHandle"))], None, id="rung, with acw"),
        pytest.param([agent("u", TALKED), agent("rung", metric("tAlert"), start=9)], "u", id="rung after"),
        pytest.param([agent("b", TALKED, start=9), agent("a", TALKED, start=1)], "b", id="last of two by time"),
        pytest.param([agent("a", TALKED), agent("b", TALKED)], "b", id="last of two in document where equal"),
        pytest.param([participant("user", TALKED, userId="u")], "u", id="user, no queue"),
        pytest.param([participant("customer", TALKED, userId="u")], None, id="a customer is no agent"),
        pytest.param([participant("bot", TALKED, userId="u")], None, id="unknown purpose"),
    ],
)
def test_the_agent_is_the_last_who_handled(legs: list[Json], expected: str | None) -> None:
    found = flat(conversation(*legs))
    assert (found.agent_id, found.answered) == (expected, expected is not None)


def test_the_team_is_that_of_the_last_handling_agent() -> None:
    legs = [agent("a", TALKED, teamId="t1"), agent("b", TALKED, start=5, teamId="t2"), agent("c", start=9, teamId="t3")]
    assert flat(conversation(*legs)).team_id == "t2"


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param([agent("u", TALKED, segments=[wrap_up("c1", 5)])], "c1", id="one"),
        pytest.param([agent("u", TALKED, segments=[wrap_up("c2", 7), wrap_up("c1", 5)])], "c2", id="latest of several"),
        pytest.param(
            [agent("u", TALKED, segments=[wrap_up("c1", 5), wrap_up(None, 7)])], "c1", id="later without code"
        ),
        pytest.param([agent("u", TALKED, segments=[wrap_up("c1", None), wrap_up("c2", 1)])], "c2", id="one undated"),
        pytest.param([agent("u", TALKED, segments=[wrap_up(None, 5)])], None, id="without code"),
        pytest.param([agent("u", TALKED)], None, id="no wrap-up"),
        pytest.param(
            [agent("u", TALKED, segments=[wrap_up("ININ-WRAP-UP-TIMEOUT", 5)])],
            "ININ-WRAP-UP-TIMEOUT",
            id="system code",
        ),
        pytest.param(
            [agent("a", TALKED, segments=[wrap_up("c1", 5)]), agent("b", TALKED, start=9)],
            None,
            id="only the first agent's",
        ),
        pytest.param(
            [agent("a", TALKED), agent("rung", segments=[wrap_up("c1", 5)])], None, id="only of one who was rung"
        ),
    ],
)
def test_the_disposition_is_that_of_the_last_handling_agent(legs: list[Json], expected: str | None) -> None:
    assert flat(conversation(*legs)).disposition_id == expected


VOICE, CALLBACK = participant("customer"), participant("customer", mediaType="callback")


@pytest.mark.parametrize(
    ("legs", "end", "outcome"),
    [
        pytest.param([VOICE, acd("q", metric("tAbandon")), agent("u", TALKED)], None, "open", id="open"),
        pytest.param([VOICE, agent("u", TALKED)], 30, "non_acd", id="non_acd though answered"),
        pytest.param([CALLBACK, acd("q", metric("tAbandon")), agent("u", TALKED)], 30, "answered", id="answered"),
        pytest.param([CALLBACK, acd("q", metric("tAbandon"), metric("tFlowOut"))], 30, "abandoned", id="abandoned"),
        pytest.param([CALLBACK, acd("q", metric("tVoicemail"))], 30, "callback", id="callback"),
        pytest.param([VOICE, acd("q", metric("tVoicemail"), metric("tFlowOut"))], 30, "voicemail", id="voicemail"),
        pytest.param([VOICE, acd("q", metric("tFlowOut"))], 30, "flow_out", id="flow_out"),
        pytest.param([VOICE, acd("q", metric("nOffered"))], 30, None, id="none of them"),
    ],
)
def test_the_outcome_is_the_first_that_holds(legs: list[Json], end: float | None, outcome: str | None) -> None:
    assert flat(conversation(*legs, end=end)).outcome == outcome


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param([VOICE], "voice", id="customer"),
        pytest.param([participant("external", mediaType="email")], "email", id="external"),
        pytest.param([agent("u", mediaType="chat")], None, id="agents do not count"),
        pytest.param(
            [participant("customer", segments=[segment(9)], mediaType="callback"), VOICE], "callback", id="last by time"
        ),
        pytest.param([participant("customer", mediaType="hologram")], "hologram", id="unknown media"),
    ],
)
def test_the_channel_is_that_of_the_last_customer_session(legs: list[Json], expected: str | None) -> None:
    assert flat(conversation(*legs)).channel == expected


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param([agent("u", metric("tTalk", 5), metric("tTalkComplete", 5))], 5, id="not twice"),
        pytest.param([agent("u", metric("tTalk", 5), metric("tTalk", 7))], 12, id="stretches while it goes on"),
        pytest.param(
            [agent("u", metric("tTalk", 5), metric("tTalk", 7), metric("tTalkComplete", 12))], 12, id="stretches"
        ),
        pytest.param(
            [agent("a", metric("tTalkComplete", 5), metric("tTalk", 5)), agent("b", metric("tTalk", 7))],
            12,
            id="complete in one session, not in the other",
        ),
        pytest.param([agent("u", metric("tTalkComplete", 0), metric("tTalk", 7))], 0, id="a complete zero stands"),
        pytest.param([agent("u", metric("tTalk", None))], None, id="without a value"),
        pytest.param([agent("u", metric("tHeld", 5))], None, id="absent"),
    ],
)
def test_talk_time(legs: list[Json], expected: int | None) -> None:
    assert flat(conversation(*legs)).talk_ms == expected


def test_the_other_durations() -> None:
    found = flat(
        conversation(
            acd("a", metric("tAcd", 11_000)),
            acd("b", metric("tAcd", 5_097_600_919), start=3),
            agent(
                "u", metric("tAcd", 99), metric("tHeld", 1), metric("tHeld", 2), metric("tAcw", 4), metric("tHandle", 8)
            ),
            agent("v", metric("tHeld", 5), metric("tHeldComplete", 6), metric("tAcw", 16), metric("tHandle", 32)),
        )
    )
    assert found.wait_ms == 5_097_611_919, "both visits, 59 days of waiting, and acd sessions only"
    assert (found.hold_ms, found.wrap_up_ms, found.handle_ms) == (9, 20, 40)


def test_flags_come_from_the_presence_of_metrics() -> None:
    found = flat(conversation(acd("q", metric("tAbandon", 0)), agent("u", metric("nTransferred"))))
    assert (found.abandoned, found.transferred, found.answered) == (True, True, False)


def test_skills_of_all_sessions_once() -> None:
    legs = [
        participant("acd", segments=[segment(requestedRoutingSkillIds=["b", "a"]), segment(3)]),
        participant("acd", segments=[segment(requestedRoutingSkillIds=["c", "b"])]),
    ]
    assert flat(conversation(*legs)).skill_ids == ("a", "b", "c")


EARLY = conversation(VOICE, end=2)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(EARLY | {"conversationEnd": at(50)}, id="conversationEnd"),
        pytest.param(EARLY | {"evaluations": [{"eventTime": at(50)}, {}]}, id="evaluation"),
        pytest.param(EARLY | {"surveys": [{"eventTime": at(50)}]}, id="survey"),
        pytest.param(EARLY | {"surveys": [{"surveyCompletedDate": at(50)}]}, id="survey completed"),
        pytest.param(EARLY | {"resolutions": [{"eventTime": at(50)}]}, id="resolution"),
        pytest.param(conversation(participant("x", deliveryStatusChangeDate=at(50)), end=2), id="delivery"),
        pytest.param(conversation(participant("x", metric("oAny", 1, 50)), end=2), id="metric"),
        pytest.param(conversation(participant("x", segments=[segment(50)]), end=2), id="segmentStart"),
        pytest.param(conversation(participant("x", segments=[segment(0, 50)]), end=2), id="segmentEnd"),
        pytest.param(conversation(VOICE, start=50, end=None), id="conversationStart"),
    ],
)
def test_the_updated_date_is_the_latest_of_all_dates(record: Json) -> None:
    assert flat(record).updated_date == START + timedelta(minutes=50)


def test_dates_of_the_future_do_not_count_as_updates() -> None:
    record = conversation(participant("x", metric("tAny", 1, 70)), end=50)
    assert flat(record, START + timedelta(minutes=60)).updated_date == START + timedelta(minutes=50)
    assert flat(record, START - timedelta(minutes=1)).updated_date == START, "never before its own start"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"conversationId": "c1", "conversationStart": at(0)}, id="missing"),
        pytest.param(
            dict.fromkeys(
                ["conversationEnd", "originatingDirection", "participants", "evaluations", "surveys", "resolutions"]
            )
            | {"conversationId": "c1", "conversationStart": at(0)},
            id="null",
        ),
        pytest.param(conversation({}, {"sessions": None}, {"sessions": [{}]}, end=None), id="empty participants"),
        pytest.param(
            conversation({"purpose": None, "sessions": [{"metrics": None, "segments": [{}]}]}, end=None),
            id="null lists",
        ),
    ],
)
def test_what_is_missing_becomes_null(record: Json) -> None:
    found = flat(record)
    assert (found.id, found.created_date, found.updated_date, found.ended_date) == ("c1", START, START, None)
    nulls = ("channel", "queue_id", "agent_id", "wait_ms", "talk_ms", "hold_ms", "wrap_up_ms", "handle_ms")
    assert {name: getattr(found, name) for name in nulls} == dict.fromkeys(nulls)
    assert (found.skill_ids, found.events, found.outcome) == ((), (), "open")


def test_unknown_enumerations_and_properties_pass_through() -> None:
    legs = [participant("customer", mediaType="hologram", brandNew={"a": [1]}), acd("q", metric("tBrandNew"))]
    found = flat(conversation(*legs, originatingDirection="sideways", futureThing=[{"x": None}]))
    assert (found.channel, found.direction, found.queue_id) == ("hologram", "sideways", "q")


def test_times_are_utc_whatever_offset_they_came_with() -> None:
    local = conversation(conversationEnd="2024-03-11T04:30:00+05:45") | {
        "conversationStart": "2024-03-10T23:30:00-05:00"
    }
    found = flat(local)
    assert found.created_date.isoformat() == "2024-03-11T04:30:00+00:00"
    assert found.ended_date is not None
    assert found.ended_date.isoformat() == "2024-03-10T22:45:00+00:00"
    assert (
        found.record_hash()
        == flat(
            local | {"conversationStart": "2024-03-11T04:30:00.000Z", "conversationEnd": "2024-03-10T22:45:00Z"}
        ).record_hash()
    )
