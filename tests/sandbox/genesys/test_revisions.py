"""What happens to conversations long after their end: rebuilds, deletions, legs that stay open."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sandbox.genesys.instants import DAY, HOUR, iso
from sandbox.genesys.plan import Plan
from sandbox.genesys.world import World

from .conftest import FIRST_START, Caller


@pytest.fixture(scope="module")
def rebuilt(world: World, days: range) -> Plan:
    return next(plan for day in days for plan in world.day(day) if plan.rebuilt)


@pytest.fixture(scope="module")
def deleted(world: World, days: range) -> Plan:
    return next(plan for day in days for plan in world.day(day) if plan.deleted_at)


def stamps(value: Any) -> Iterator[str]:
    """Every moment that a record names, in document order."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from stamps(item)
    elif isinstance(value, str) and len(value) == 24 and value.endswith("Z"):
        yield value


def found(world: World, plan: Plan, now: int) -> Plan:
    told = world.find(plan.id, now)
    assert told
    return told


def test_a_rebuild_comes_two_days_after_the_end_or_later(rebuilt: Plan) -> None:
    assert rebuilt.rebuilt
    assert rebuilt.rebuilt[0] >= rebuilt.closed_at + 2 * DAY
    assert rebuilt.rebuilt[0] % DAY == 3 * HOUR


def test_a_rebuild_changes_values_and_moves_no_timestamp(world: World, rebuilt: Plan) -> None:
    assert rebuilt.rebuilt
    at = rebuilt.rebuilt[0]
    before, after = (orjson.loads(world.record(found(world, rebuilt, now), now)) for now in (at - 1, at))

    assert before != after
    assert list(stamps(before)) == list(stamps(after))


def test_truth_follows_a_rebuild(world: World, rebuilt: Plan) -> None:
    assert rebuilt.rebuilt
    at = rebuilt.rebuilt[0]
    before, after = (
        next(item for item in world.truth(now, since=rebuilt.start) if item.id == rebuilt.id) for now in (at - 1, at)
    )

    assert before.acw is not None
    assert after.acw is not None
    assert (after.acw - before.acw) % 3_000 == 0 < after.acw - before.acw
    assert after.end == before.end


def test_a_deleted_conversation_is_gone_everywhere(world: World, caller: Caller, deleted: Plan) -> None:
    assert deleted.deleted_at
    day = f"{iso(deleted.start // DAY * DAY)}/{iso((deleted.start // DAY + 1) * DAY)}"

    def served() -> list[bool]:
        by_id = caller.get(f"/analytics/conversations/{deleted.id}/details").status_code == 200
        many = caller.get("/analytics/conversations/details", id=deleted.id).json or {}
        queried = {record["conversationId"] for record in caller.all(day)}
        told = {item.id for item in world.truth(caller.clock.now, since=deleted.start)}
        return [by_id, bool(many), deleted.id in queried, deleted.id in told]

    caller.wait(deleted.deleted_at - 1 - caller.clock.now)
    assert served() == [True] * 4
    caller.wait(1)
    assert served() == [False] * 4


def test_a_few_older_conversations_are_still_open_at_the_origin(world: World) -> None:
    older = [item for item in world.truth(FIRST_START, since=world.earliest) if item.start < world.origin]
    open_then = [item for item in older if item.end is None or item.end >= world.origin]

    assert world.earliest >= world.origin - 59 * DAY
    assert 0 < len(open_then) <= len(older) <= 5
    assert not {item.id for item in older} & {item.id for item in world.truth(FIRST_START)}


def test_a_leg_that_stays_open_ends_59_days_after_the_start(world: World) -> None:
    older = next(
        item for item in world.truth(FIRST_START, since=world.earliest) if item.start < world.origin and not item.end
    )
    later = next(item for item in world.truth(older.start + 60 * DAY, since=older.start) if item.id == older.id)

    assert later.end
    assert 59 * DAY <= later.end - later.start < 60 * DAY
