from typing import Any

import pytest
from werkzeug.test import TestResponse

from sandbox.genesys.instants import DAY, HOUR, MINUTE, Interval, iso, parse
from sandbox.genesys.world import World

from .conftest import FIRST_START, Caller
from .wire_model import breaches

JOBS = "/api/v2/analytics/conversations/details/jobs"
YESTERDAY = Interval((FIRST_START // DAY - 1) * DAY, FIRST_START // DAY * DAY)
# Five hours behind 14:25:36, in steps of half an hour.
HORIZON = parse("2026-03-11T09:00:00.000Z")


def submit(caller: Caller, interval: Interval | str = YESTERDAY, **more: Any) -> str:
    response = caller.post(JOBS, {"interval": str(interval)} | more)
    assert response.status_code == 202, response.text
    assert response.json is not None
    assert not list(breaches(response.json, "AsyncQueryResponse"))
    return str(response.json["jobId"])


def job(caller: Caller, identity: str, part: str = "", **parameters: Any) -> TestResponse:
    return caller.get(f"/analytics/conversations/details/jobs/{identity}{part}", **parameters)


def state(caller: Caller, identity: str) -> dict[str, Any]:
    answer = dict(job(caller, identity).json or {})
    assert not list(breaches(answer, "AsyncQueryStatus"))
    return answer


def finished(caller: Caller, interval: Interval | str = YESTERDAY, **more: Any) -> str:
    identity = submit(caller, interval, **more)
    caller.clock.now += 3_000
    return identity


def read(caller: Caller, identity: str, size: int = 1_000) -> list[dict[str, Any]]:
    """All records of a finished job, by cursor."""
    records: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"pageSize": size}
    while True:
        page = dict(job(caller, identity, "/results", **parameters).json or {})
        assert not list(breaches(page, "AnalyticsConversationAsyncQueryResponse"))
        records += page.get("conversations", [])
        if "cursor" not in page:
            return records
        parameters["cursor"] = page["cursor"]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["conversationId"] for record in records]


def test_a_job_is_queued_then_runs_then_holds_results_until_they_expire(caller: Caller) -> None:
    identity = submit(caller)
    seen = []
    for wait in (0, 1_000, 2_000, DAY):
        caller.wait(wait)
        seen.append(state(caller, identity)["state"])

    assert seen == ["QUEUED", "PENDING", "FULFILLED", "EXPIRED"]


def test_a_finished_job_says_when(caller: Caller) -> None:
    identity = finished(caller)

    assert state(caller, identity) == {
        "state": "FULFILLED",
        "submissionDate": iso(FIRST_START),
        "completionDate": iso(FIRST_START + 3_000),
        "expirationDate": iso(FIRST_START + 3_000 + DAY),
    }


@pytest.mark.parametrize("size", [1, 100, 1_000])
def test_the_cursor_leads_through_all_results_once(caller: Caller, size: int) -> None:
    interval = Interval(YESTERDAY.start + 3 * HOUR, YESTERDAY.start + 4 * HOUR)
    records = ids(read(caller, finished(caller, interval), size))

    assert len(records) == len(set(records)) > 1


def test_a_job_takes_what_was_alive_in_the_interval_whatever_its_start(caller: Caller, world: World) -> None:
    found = set(ids(read(caller, finished(caller))))
    days = range(world.earliest // DAY, YESTERDAY.end // DAY)
    alive = {plan.id for plan in world.begun(days, FIRST_START) if (plan.end(HORIZON) or HORIZON) > YESTERDAY.start}

    assert found == alive
    assert {plan.id for plan in world.day(YESTERDAY.start // DAY)} < found
    assert any(plan.start < world.origin for plan in world.begun(days, FIRST_START) if plan.id in found)


def test_start_of_day_matching_takes_what_began_on_the_days(caller: Caller, world: World) -> None:
    interval = Interval(YESTERDAY.start + 6 * HOUR, YESTERDAY.end)
    records = read(caller, finished(caller, interval, startOfDayIntervalMatching=True))
    starts = [parse(record["conversationStart"]) for record in records]

    assert YESTERDAY.start < min(starts) < interval.start


def test_the_tail_behind_the_horizon_is_left_out_silently(caller: Caller) -> None:
    identity = finished(caller, Interval(YESTERDAY.end, FIRST_START))
    records = read(caller, identity)
    page = job(caller, identity, "/results").json

    assert page is not None
    assert page["dataAvailabilityDate"] == iso(HORIZON)
    assert max(parse(record["conversationStart"]) for record in records) < HORIZON
    assert max(parse(record.get("conversationEnd", iso(0))) for record in records) <= HORIZON


def test_a_conversation_that_ended_behind_the_horizon_is_still_open(caller: Caller, world: World) -> None:
    straddling = next(
        plan
        for plan in world.begun(range(world.origin // DAY, HORIZON // DAY + 1), FIRST_START)
        if plan.start < HORIZON < (plan.end(FIRST_START) or 0)
    )
    records = {r["conversationId"]: r for r in read(caller, finished(caller, Interval(YESTERDAY.start, FIRST_START)))}

    assert "conversationEnd" not in records[straddling.id]


def test_an_interval_behind_the_horizon_gives_no_conversations(caller: Caller) -> None:
    identity = finished(caller, Interval(FIRST_START + DAY, FIRST_START + 2 * DAY))
    answer = job(caller, identity, "/results").json

    assert answer == {"dataAvailabilityDate": iso(HORIZON)}


def test_results_do_not_change_any_more(caller: Caller) -> None:
    identity = finished(caller, Interval(YESTERDAY.end, FIRST_START))
    early = read(caller, identity)
    caller.wait(6 * HOUR)

    assert read(caller, identity) == early


def test_availability_moves_on(caller: Caller) -> None:
    dates = []
    for wait in (0, 4 * MINUTE, 30 * MINUTE):
        caller.clock.now += wait
        answer = caller.get("/analytics/conversations/details/jobs/availability").json or {}
        assert not list(breaches(answer, "DataAvailabilityResponse"))
        dates.append(parse(answer["dataAvailabilityDate"]) - HORIZON)

    assert dates == [0, 0, 30 * MINUTE]


def test_only_jobs_carry_participant_attributes(caller: Caller) -> None:
    records = read(caller, finished(caller))
    queried = caller.all(str(YESTERDAY))

    assert any("attributes" in participant for record in records for participant in record["participants"])
    assert not any("attributes" in participant for record in queried for participant in record["participants"])
    assert not [breach for record in records for breach in breaches(record, "AnalyticsConversation")]


def test_filters_order_and_limit(caller: Caller) -> None:
    ended = [{"type": "and", "predicates": [{"dimension": "conversationEnd", "operator": "exists"}]}]
    records = read(caller, finished(caller, conversationFilters=ended, order="desc", limit=20))
    starts = [record["conversationStart"] for record in records]

    assert len(records) == 20
    assert starts == sorted(starts, reverse=True)
    assert all("conversationEnd" in record for record in records)


def test_a_cancelled_job_has_no_results(caller: Caller) -> None:
    identity = finished(caller)
    headers = {"Authorization": f"Bearer {caller.token}"}

    assert caller.http.delete(f"{JOBS}/{identity}", headers=headers).status_code == 204
    assert state(caller, identity)["state"] == "CANCELLED"
    assert job(caller, identity, "/results").status_code == 400


def test_too_many_unfinished_jobs_are_refused_for_a_while(caller: Caller) -> None:
    for _ in range(10):
        submit(caller)
    refused = caller.post(JOBS, {"interval": str(YESTERDAY)})

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3"
    caller.clock.now += 3_000
    submit(caller)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"interval": "x"}, "START/END"),
        ({"interval": str(YESTERDAY), "paging": {}}, "paging"),
        ({"interval": str(YESTERDAY), "aggregations": []}, "aggregations"),
        ({"interval": str(YESTERDAY), "limit": 0}, "limit"),
        ({"interval": str(YESTERDAY), "surveyFilters": [{}]}, "surveyFilters is not simulated"),
    ],
    ids=["interval", "paging", "aggregations", "limit", "unsimulated filter"],
)
def test_what_is_not_understood_is_refused(caller: Caller, body: dict[str, Any], complaint: str) -> None:
    response = caller.post(JOBS, body)

    assert response.status_code == 400
    assert complaint in response.text


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"cursor": "nonsense"}, 400), ({"pageSize": 1_001}, 400), ({"pageNumber": 2}, 400), ({}, 200)],
    ids=["cursor", "page size", "page number", "none"],
)
def test_result_parameters(caller: Caller, parameters: dict[str, Any], status: int) -> None:
    assert job(caller, finished(caller), "/results", **parameters).status_code == status


def test_results_of_an_unfinished_job_are_refused(caller: Caller) -> None:
    response = job(caller, submit(caller), "/results")

    assert response.status_code == 400
    assert "QUEUED" in response.text


def test_an_unknown_job_is_not_found(caller: Caller) -> None:
    assert job(caller, "unknown").status_code == 404


@pytest.mark.parametrize(
    ("kind", "expected"), [("job_failed", "FAILED"), ("job_expired", "EXPIRED"), ("job_lost", None)]
)
@pytest.mark.parametrize("skip", [0, 1], ids=["at submission", "later"])
def test_ordered_ends_of_jobs(caller: Caller, kind: str, expected: str | None, skip: int) -> None:
    caller.http.post("/__sim__/faults", json={"kind": kind, "path": JOBS, "skip": skip})
    identity = finished(caller)

    assert job(caller, identity).status_code == (200 if expected else 404)
    assert (job(caller, identity).json or {}).get("state") == expected


def test_an_ordered_failure_has_a_message(caller: Caller) -> None:
    caller.http.post("/__sim__/faults", json={"kind": "job_failed", "path": JOBS})

    assert state(caller, submit(caller))["errorMessage"]


def test_an_ordered_repetition_gives_the_same_cursor_again(caller: Caller) -> None:
    identity = finished(caller)
    cursor = (job(caller, identity, "/results", pageSize=5).json or {})["cursor"]
    caller.http.post("/__sim__/faults", json={"kind": "repeated_page", "path": JOBS})
    repeated = job(caller, identity, "/results", pageSize=5, cursor=cursor).json or {}

    assert repeated["cursor"] == cursor
