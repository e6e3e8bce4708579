"""Emitted metrics: which of them count, and as one Arrow table of many conversations."""

from datetime import date, timedelta

from msgspec.structs import astuple

from backend.extraction.events import event_days, events_table
from tests.extraction.records import START, acd, agent, conversation, flat, metric, segment


def test_events_are_the_counted_metrics_at_their_own_moments() -> None:
    found = flat(
        conversation(
            acd("q", metric("nOffered", 1, 0), metric("tAcd", 60_000, 1), userId="ghost"),
            agent(
                "u",
                metric("tAlert", 5_000, 1),
                metric("tAnswered", 60_000, 1),
                metric("tHandle", None, 9),
                metric("nTransferred", 1, None),
                segments=[segment(3, queueId="q2"), segment(1, queueId="q1")],
            ),
        )
    )
    minute = START + timedelta(minutes=1)
    assert tuple(map(astuple, found.events)) == (
        ("nOffered", START, 1, "q", None, "voice"),
        ("tAcd", minute, 60_000, "q", None, "voice"),
        ("tAnswered", minute, 60_000, "q1", "u", "voice"),
    )


def test_a_table_has_a_row_an_event_and_repeats_what_its_conversation_says_once() -> None:
    first = flat(conversation(acd("q", metric("nOffered", 1, 0), metric("tAcd", 5, 1)), identity="c1"))
    none = flat(conversation(identity="c2"))
    last = flat(conversation(agent("u", metric("tTalkComplete", 7, 2)), identity="c3", start=1))

    rows = events_table([first, none, last]).to_pylist()

    assert [(row["id"], row["created_date"], row["metric"], row["value"], row["agent_id"]) for row in rows] == [
        ("c1", START, "nOffered", 1, None),
        ("c1", START, "tAcd", 5, None),
        ("c3", START + timedelta(minutes=1), "tTalkComplete", 7, "u"),
    ]
    assert {(row["direction"], row["channel"]) for row in rows} == {("inbound", "voice")}


def test_a_table_of_no_events_has_the_same_columns() -> None:
    full = events_table([flat(conversation(acd("q", metric("nOffered"))))])
    assert events_table([flat(conversation())]).schema == events_table([]).schema == full.schema


def test_the_days_are_those_of_the_events_not_of_the_conversation() -> None:
    over_midnight = flat(conversation(acd("q", metric("nOffered", 1, 0), metric("tAcd", 5, 24 * 60)), end=None))
    assert event_days([over_midnight]) == {date(2024, 3, 10), date(2024, 3, 11)}
