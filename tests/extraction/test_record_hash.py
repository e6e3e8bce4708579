"""The hash that tells one version of a conversation from another."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from backend.extraction.flatten import COUNTED_METRICS, flatten
from backend.extraction.records import decode_conversation
from tests.extraction.records import (
    NOW,
    acd,
    agent,
    conversation,
    flat,
    metric,
    participant,
    segment,
    wrap_up,
)

TALKED = metric("tTalk", 60_000)

BASE = conversation(
    participant("customer"),
    participant("acd", metric("tAcd", 5), segments=[segment(0, queueId="q", requestedRoutingSkillIds=["s", "t"])]),
    agent("u", TALKED, teamId="t", segments=[wrap_up("c1", 5)]),
)


def test_the_same_record_has_the_same_hash() -> None:
    again = msgspec.json.decode(msgspec.json.encode(BASE))
    assert flat(BASE).record_hash() == flat(again, NOW + timedelta(days=1)).record_hash()


def test_what_is_not_kept_and_the_order_of_keys_do_not_change_the_hash() -> None:
    reordered = dict(reversed((BASE | {"a": 1, "b": {"x": 1, "y": 2}}).items()))
    renamed = msgspec.json.encode(BASE | {"externalTag": "new", "b": {"y": 2, "x": 1}, "divisionIds": ["d"]})
    hashes = {flat(BASE).record_hash(), flat(reordered).record_hash()}
    hashes.add(flatten(decode_conversation(renamed), NOW).record_hash())
    assert len(hashes) == 1


def test_the_order_of_participants_and_metrics_does_not_change_the_hash() -> None:
    both = [metric("tAcd", 5, 1), metric("nOffered", 1, 1)]
    one = conversation(acd("q1", *both), acd("q2", *both, start=2))
    other = conversation(acd("q2", *reversed(both), start=2), acd("q1", *reversed(both)))
    assert flat(one).record_hash() == flat(other).record_hash()


def test_every_kept_value_changes_the_hash() -> None:
    record = flat(BASE)
    changed = {
        name: msgspec.structs.replace(record, **{name: _other(getattr(record, name))})
        for name in record.__struct_fields__
    }
    hashes = {name: other.record_hash() for name, other in changed.items()}
    assert len({*hashes.values(), record.record_hash()}) == len(hashes) + 1


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case datetime():
            return value + timedelta(milliseconds=1)
        case tuple():
            return value[1:]
        case None:
            return 1
        case _:
            return f"{value}x"


@pytest.mark.parametrize("name", sorted(COUNTED_METRICS))
def test_a_counted_metric_that_only_moved_changes_the_hash(name: str) -> None:
    one, other = (flat(conversation(acd("q", metric(name, 5, minute)), end=30)) for minute in (1, 2))
    assert one.updated_date == other.updated_date
    assert one.record_hash() != other.record_hash()
