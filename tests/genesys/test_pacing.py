"""The ceiling of requests in any minute, across pacers, and what the rate-limit headers change."""

from collections.abc import Iterable
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.genesys.pacing import Pacer
from tests.genesys.fakes import START, FakeTime

WINDOW = 60.0


def starts(pacer: Pacer, time: FakeTime, gaps: Iterable[float]) -> list[float]:
    """When the requests start, each made a gap after the one before, at the pacer's leisure."""
    moments = []
    for gap in gaps:
        time.now += gap
        time.now += pacer.delay()
        pacer.start()
        moments.append(time.now)
    return moments


def most_in_a_window(moments: list[float]) -> int:
    return max(sum(first <= moment < first + WINDOW for moment in moments) for first in moments)


def headers(count: int, allowed: int, reset: int) -> dict[str, str]:
    return {
        "inin-ratelimit-count": str(count),
        "inin-ratelimit-allowed": str(allowed),
        "inin-ratelimit-reset": str(reset),
    }


gaps = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.05, 0.4, 3.0, 29.0, 61.0]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(per_minute=st.integers(1, 40), runs=st.lists(gaps, min_size=1, max_size=3))
def test_no_minute_has_more_starts_than_the_ceiling(per_minute: int, runs: list[list[float]]) -> None:
    time = FakeTime()
    moments: list[float] = []
    ready_at = 0.0

    for run in runs:
        pacer = Pacer(per_minute, clock=time.clock, ready_at=ready_at)
        moments += starts(pacer, time, run)
        ready_at = pacer.ready_at

    assert most_in_a_window(moments) <= per_minute


@pytest.mark.parametrize("per_minute", [1, 10, 60, 240, 300])
def test_the_pace_is_even_and_close_to_the_ceiling(per_minute: int) -> None:
    time = FakeTime()

    moments = starts(Pacer(per_minute, clock=time.clock), time, repeat(0.0, 3 * per_minute + 6))

    assert 0.95 * per_minute - 1 <= most_in_a_window(moments) <= per_minute
    assert sum(moment == START for moment in moments) <= max(1, min(5, per_minute // 10))


@pytest.mark.parametrize(
    ("answer", "delay"),
    [
        pytest.param(headers(10, 300, 30), 0, id="plenty left"),
        pytest.param(headers(280, 300, 30), 1.5, id="the last fifteenth is spread over the rest of the window"),
        pytest.param(headers(299, 300, 30), 30, id="one left"),
        pytest.param(headers(300, 300, 30), 30, id="none left"),
        pytest.param(headers(312, 300, 30), 30, id="overdrawn"),
        pytest.param(headers(300, 300, 0), 1, id="none left and less than a second to wait"),
        pytest.param(headers(300, 300, 90_000), 120, id="an absurd reset"),
        pytest.param(headers(0, 0, 30), 0, id="nothing allowed says nothing"),
        pytest.param({"inin-ratelimit-count": "300", "inin-ratelimit-allowed": "300"}, 0, id="no reset"),
        pytest.param(headers(300, 300, 30) | {"inin-ratelimit-reset": "soon"}, 0, id="no number"),
        pytest.param({}, 0, id="no headers"),
    ],
)
def test_a_nearly_used_allowance_slows_down(answer: dict[str, str], delay: float, fake_time: FakeTime) -> None:
    pacer = Pacer(100_000, clock=fake_time.clock)
    pacer.start()

    pacer.observe(answer)

    assert pacer.delay() == pytest.approx(delay, abs=0.01)


@pytest.mark.parametrize("ready_at", [START + 40_000, 32_472_144_000.0], ids=["clock set back", "year 2999"])
def test_a_broken_position_is_no_long_wait(ready_at: float, fake_time: FakeTime) -> None:
    pacer = Pacer(60, clock=fake_time.clock, ready_at=ready_at)

    assert pacer.delay() == 120
    fake_time.now += 120
    pacer.start()

    assert pacer.ready_at < fake_time.now + 130
