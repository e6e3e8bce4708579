import orjson
import pytest

from sandbox.genesys.arrivals import moment_of, volume_before
from sandbox.genesys.identifiers import conversation_id, conversation_number, stable_uuid
from sandbox.genesys.instants import DAY, HOUR, MINUTE, parse
from sandbox.genesys.world import World

from .conftest import FIRST_START


def test_the_asked_number_of_conversations_begins_before_the_first_start(world: World) -> None:
    truth = world.truth(FIRST_START - 1)

    assert len(truth) == 900
    assert world.origin <= truth[0].start < truth[-1].start < FIRST_START


def test_the_world_grows_as_the_clock_moves(world: World) -> None:
    before = {item.id for item in world.truth(FIRST_START)}
    later = world.truth(FIRST_START + 3 * HOUR)

    assert before < {item.id for item in later}
    assert all(item.start <= FIRST_START + 3 * HOUR for item in later)


def test_the_same_seed_and_first_start_make_the_same_world(world: World) -> None:
    again = World(seed=11, first_start=FIRST_START, conversations=900, days=3)
    now = FIRST_START + 5 * MINUTE

    assert again.truth(now) == world.truth(now)
    for plan, twin in zip(world.day(FIRST_START // DAY), again.day(FIRST_START // DAY), strict=True):
        assert world.record(plan, now) == again.record(twin, now)


def test_another_seed_makes_another_world(world: World) -> None:
    other = World(seed=12, first_start=FIRST_START, conversations=900, days=3)

    assert not {item.id for item in other.truth(FIRST_START)} & {item.id for item in world.truth(FIRST_START)}


def test_a_conversation_is_found_by_id_from_its_start_on(world: World) -> None:
    plan = world.day(FIRST_START // DAY)[-1]

    assert world.find(plan.id, plan.start - 1) is None
    assert world.find(plan.id, plan.start) is plan


@pytest.mark.parametrize("identity", ["", "no-uuid", stable_uuid("other"), conversation_id(12, 5), "ü" * 36])
def test_an_id_of_no_conversation_finds_none(world: World, identity: str) -> None:
    assert world.find(identity, FIRST_START) is None


@pytest.mark.parametrize("number", [0, 1, 255, 20_000, 2**40])
def test_a_conversation_id_hides_its_number(number: int) -> None:
    assert conversation_number(3, conversation_id(3, number)) == number


def test_business_hours_are_busier_than_nights_and_weekends() -> None:
    def volume(begin: str, hours: int) -> float:
        return volume_before(parse(begin) + hours * HOUR) - volume_before(parse(begin))

    monday, sunday = "2026-03-09T00:00Z", "2026-03-15T00:00Z"
    assert volume("2026-03-09T09:00Z", 8) > 10 * volume("2026-03-09T00:00Z", 5)
    assert volume(monday, 24) > 3 * volume(sunday, 24)
    assert volume(monday, 7 * 24) == pytest.approx(1)


@pytest.mark.parametrize("moment", ["2026-03-09T00:00Z", "2026-03-11T23:59:59.999Z", "2026-03-15T12:00Z"])
def test_volume_and_moment_are_inverse(moment: str) -> None:
    assert moment_of(volume_before(parse(moment))) == pytest.approx(parse(moment), abs=2)


def test_a_record_read_from_memory_is_the_record_of_its_moment(world: World) -> None:
    plan = next(plan for plan in world.day(FIRST_START // DAY) if plan.closed_at > plan.start + MINUTE)

    early, late = (orjson.loads(world.record(plan, now)) for now in (plan.start, plan.closed_at))

    assert "conversationEnd" not in early
    assert "conversationEnd" in late
    assert orjson.loads(world.record(plan, plan.start)) == early


@pytest.mark.parametrize(("conversations", "days"), [(0, 7), (20_000, 0)], ids=["no conversations", "no days"])
def test_an_empty_world_is_refused(conversations: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        World(1, FIRST_START, conversations, days)
