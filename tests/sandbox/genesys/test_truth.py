"""The truth comes from plans; here it is compared with what a reader derives from the records that are served."""

from collections import Counter
from dataclasses import asdict

import orjson
import pytest

from sandbox.genesys.instants import DAY, HOUR, MINUTE, SECOND
from sandbox.genesys.truth import tell_truth
from sandbox.genesys.world import World

from .conftest import FIRST_START
from .reader import derive


def test_truth_is_what_the_records_tell(world: World, days: range) -> None:
    truth = {item.id: asdict(item) for item in world.truth(FIRST_START)}
    plans = [plan for day in days for plan in world.day(day) if plan.start <= FIRST_START]

    assert len(plans) == len(truth) > 800
    for plan in plans:
        read = derive(orjson.loads(world.record(plan, FIRST_START)))
        assert read == {name: truth[plan.id][name] for name in read}


AGES = [0, 5 * SECOND, 30 * SECOND, 3 * MINUTE, 20 * MINUTE, 2 * HOUR, DAY, 90 * DAY]


@pytest.mark.parametrize("age", AGES, ids="{} ms".format)
def test_truth_is_what_the_records_tell_at_every_age(world: World, age: int) -> None:
    for plan in world.day(FIRST_START // DAY - 1):
        now = plan.start + age
        read = derive(orjson.loads(world.record(plan, now)))
        told = asdict(tell_truth(plan, world.organization, now))
        assert read == {name: told[name] for name in read}


def test_every_outcome_occurs(world: World) -> None:
    outcomes = Counter(item.outcome for item in world.truth(FIRST_START))

    assert set(outcomes) == {"open", "non_acd", "answered", "abandoned", "callback", "voicemail", "flow_out"}
    assert outcomes["answered"] > 500


def test_names_are_those_of_the_moment(world: World) -> None:
    renamed = next(queue for queue in world.organization.queues if len(queue.names) > 1)

    def names(now: int) -> set[str | None]:
        return {item.queue_name for item in world.truth(now) if item.queue_id == renamed.id}

    assert names(FIRST_START) == {"Returns"}
    assert names(FIRST_START + DAY) == {"Returns and Exchanges"}


def test_a_deleted_queue_keeps_its_name_and_gets_no_more_contacts(world: World) -> None:
    deleted = next(queue for queue in world.organization.queues if queue.deleted_at)
    now = FIRST_START + 4 * DAY
    visits = [item for item in world.truth(now) if item.first_queue_id == deleted.id]

    assert {item.first_queue_name for item in visits} == {"Retention"}
    assert all(item.start < FIRST_START + 2 * DAY for item in visits)


def test_system_codes_stand_for_themselves(world: World) -> None:
    codes = {item.wrap_up_code: item.wrap_up_name for item in world.truth(FIRST_START)}

    assert codes.pop("ININ-WRAP-UP-TIMEOUT") == "ININ-WRAP-UP-TIMEOUT"
    assert codes.pop(None) is None
    assert all(name and name != code for code, name in codes.items())
