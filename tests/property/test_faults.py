"""Faults of the source: retried, or a named error in bounded time; what was not read stays due."""

from datetime import timedelta

import pytest

from backend.extraction.runs import RunFailedError
from tests.extraction.organization import Clock, utc
from tests.genesys.fakes import Reply
from tests.property.conftest import MakeService
from tests.property.conversations import call
from tests.property.source import LAG, Source

YESTERDAY = utc("2024-03-09T09:00:00")
LONG_WAIT = Reply({"message": "slow down"}, 429, {"Retry-After": "3600"})

# All in one call, below its eight tries.
RETRIED = [
    Reply({}, 429, {"Retry-After": "3"}),
    Reply({}, 500),
    Reply({}, 503),
    Reply({}, cut=1),
    Reply(b"<html>maintenance</html>"),
    Reply(b'{"conversations":[{"conversationId":"c'),
    Reply({}, 401),
]


def test_passing_faults_are_retried_and_others_end_the_run_by_name(
    source: Source, service: MakeService, clock: Clock
) -> None:
    for number in range(5):
        source.put(call(f"c{number}", YESTERDAY + timedelta(minutes=number)))
    source.page_size = 2
    pipeline = service()
    pipeline.run("lookups")
    for task in ("extract", "settle"):
        before = pipeline.state()
        begun = clock.now
        source.faults = [LONG_WAIT]
        with pytest.raises(RunFailedError, match="asks to wait 3600 s") as failed:
            pipeline.run(task)
        assert failed.value.error.code == "genesys_rate_limited"
        assert clock.now - begun < timedelta(seconds=540)
        state = pipeline.state()
        assert (state["watermark"], state["settled_through"]) == (before["watermark"], before["settled_through"])
        assert state["lease_holder"] is None
        source.faults = list(RETRIED)
        assert pipeline.run(task).status == "ok"
        assert source.faults == []
    rows = pipeline.rows("interaction_details")
    assert [(row["id"], row["settled"]) for row in rows] == [(f"c{number}", True) for number in range(5)]


@pytest.mark.parametrize(
    "watermark",
    [pytest.param("2999-01-01T00:00:00Z", id="future"), pytest.param("1999-01-01T00:00:00Z", id="before history")],
)
def test_an_absurd_watermark(source: Source, service: MakeService, clock: Clock, watermark: str) -> None:
    source.put(call("c1", YESTERDAY))
    pipeline = service()
    table = pipeline.warehouse.table("extraction_state")
    pipeline.warehouse.run(f"UPDATE {table} SET watermark = TIMESTAMP '{watermark}' WHERE TRUE")
    if watermark.startswith("2999"):
        with pytest.raises(RunFailedError, match=r"lies in the future.*resync --yes"):
            pipeline.run("extract")
        assert pipeline.rows("interaction_details") == []
        pipeline.warehouse.run(f"UPDATE {table} SET watermark = NULL WHERE TRUE")
    answer = pipeline.run("extract")
    assert [row["id"] for row in pipeline.rows("interaction_details")] == ["c1"]
    assert answer.watermark is not None
    assert answer.watermark < clock.now


def test_a_job_page_that_comes_twice_is_read_again_by_another_job(source: Source, service: MakeService) -> None:
    for number in range(5):
        source.put(call(f"c{number}", YESTERDAY + timedelta(minutes=number)))
    source.page_size = 2
    pipeline = service()
    pipeline.run("lookups")
    source.repeat_pages_of_next_job = True
    assert pipeline.run("settle").status == "ok"
    assert [row["settled"] for row in pipeline.rows("interaction_details")] == [True] * 5


def test_a_job_that_waits_for_ever_is_told_and_submitted_again(
    source: Source, service: MakeService, clock: Clock
) -> None:
    source.put(call("c1", YESTERDAY))
    pipeline = service()
    source.job_state = "PENDING"
    assert pipeline.run("settle").more
    clock.sleep(3_600)
    with pytest.raises(RunFailedError, match="was still PENDING after 60 minutes"):
        pipeline.run("settle")
    source.job_state = "FULFILLED"
    pipeline.run_all("settle")
    assert [row["settled"] for row in pipeline.rows("interaction_details")] == [True]


def test_settled_through_is_no_later_than_the_results_own_horizon(source: Source, service: MakeService) -> None:
    source.put(call("c1", YESTERDAY))
    source.results_lag = LAG + timedelta(hours=3)
    pipeline = service()
    pipeline.run_all("settle")
    state = pipeline.state()
    assert source.clock.now - state["settled_through"] >= source.results_lag
