from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.errors import LeaseLostError
from backend.warehouse.client import Warehouse
from backend.warehouse.lease import Lease
from tests.warehouse.contents import STARTED, free_lease, set_state, state_of


class Clock:
    """A monotonic clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def free(warehouse: Warehouse) -> None:
    free_lease(warehouse)


def _expire(warehouse: Warehouse) -> None:
    set_state(warehouse, lease_until="TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 SECOND)")


def acquire(warehouse: Warehouse, holder: str, clock: Clock) -> Lease | None:
    return Lease.acquire(warehouse, holder, seconds=60, clock=clock)


def held(warehouse: Warehouse, holder: str, clock: Clock) -> Lease:
    lease = acquire(warehouse, holder, clock)
    assert lease is not None
    return lease


def test_while_one_holds_it_another_is_refused(warehouse: Warehouse, clock: Clock) -> None:
    held(warehouse, "first", clock)
    assert acquire(warehouse, "second", clock) is None
    assert state_of(warehouse)["lease_holder"] == "first"


def test_of_many_at_once_one_gets_it(warehouse: Warehouse, clock: Clock) -> None:
    with ThreadPoolExecutor(4) as pool:
        leases = list(pool.map(lambda name: acquire(warehouse, name, clock), ("a", "b", "c", "d")))
    winners = [lease.holder for lease in leases if lease]
    assert winners == [state_of(warehouse)["lease_holder"]]


def test_it_lives_for_its_seconds(warehouse: Warehouse, clock: Clock) -> None:
    held(warehouse, "first", clock)
    ((left,),) = warehouse.run(
        f"SELECT TIMESTAMP_DIFF(lease_until, CURRENT_TIMESTAMP(), SECOND) FROM {warehouse.table('extraction_state')}"
    )
    assert 50 <= left <= 60


def test_an_expired_one_is_free(warehouse: Warehouse, clock: Clock) -> None:
    held(warehouse, "first", clock)
    _expire(warehouse)
    held(warehouse, "second", clock)
    assert state_of(warehouse)["lease_holder"] == "second"


def test_keeping_renews_it_after_a_third_of_its_life(warehouse: Warehouse, clock: Clock) -> None:
    lease = held(warehouse, "first", clock)
    _expire(warehouse)
    expired = state_of(warehouse)
    clock.now = 19.9
    lease.keep()
    assert state_of(warehouse) == expired
    clock.now = 20.0
    lease.keep()
    assert acquire(warehouse, "second", clock) is None


def test_keeping_a_lost_one_raises(warehouse: Warehouse, clock: Clock) -> None:
    lease = held(warehouse, "first", clock)
    _expire(warehouse)
    held(warehouse, "second", clock)
    taken = state_of(warehouse)
    clock.now = 30.0
    with pytest.raises(LeaseLostError, match="Another run took over"):
        lease.keep()
    assert state_of(warehouse) == taken


def test_released_it_is_free_and_tells_the_next_run_its_pace(warehouse: Warehouse, clock: Clock) -> None:
    held(warehouse, "first", clock).release(STARTED)
    state = state_of(warehouse)
    assert (state["lease_holder"], state["lease_until"], state["paced_until"]) == (None, None, STARTED)
    held(warehouse, "second", clock)


def test_releasing_a_lost_one_does_no_harm(warehouse: Warehouse, clock: Clock) -> None:
    lease = held(warehouse, "first", clock)
    _expire(warehouse)
    held(warehouse, "second", clock)
    taken = state_of(warehouse)
    lease.release(STARTED)
    assert state_of(warehouse) == taken
