"""Detail jobs: submitting, asking, reading by cursor, cancelling, and each way in which a job goes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from backend.errors import GenesysInvalidResponseError, GenesysPermissionError, GenesysRateLimitedError
from backend.genesys.client import GenesysClient
from backend.genesys.jobs import (
    JobState,
    JobStatus,
    JobUnreadableError,
    availability,
    cancel_job,
    job_pages,
    job_state,
    submit_job,
)
from tests.genesys.fakes import FakeGenesys, Received, Reply

JOBS = "/api/v2/analytics/conversations/details/jobs"
JOB, RESULTS = f"{JOBS}/j-1", f"{JOBS}/j-1/results"
START, END = datetime(2024, 5, 15, tzinfo=UTC), datetime(2024, 5, 16, 12, 30, 0, 250_000, tzinfo=UTC)
HORIZON = "2024-05-16T06:00:00.000Z"
NOT_FOUND = Reply({"code": "not.found", "message": "Job j-1 was not found"}, 404)


def page(*names: str, cursor: str | None = None) -> Reply:
    conversations = {"conversations": [{"conversationId": name} for name in names]} if names else {}
    following = {"cursor": cursor} if cursor is not None else {}
    return Reply({**conversations, **following, "dataAvailabilityDate": HORIZON})


def ids(records: list[msgspec.Raw]) -> list[Any]:
    return [msgspec.json.decode(record)["conversationId"] for record in records]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))], ids=str)
def test_a_job_is_submitted_for_a_span_by_the_overlap_rule(
    client: GenesysClient, genesys: FakeGenesys, zone: timezone
) -> None:
    genesys.on(JOBS, Reply({"jobId": "j-1"}, 202))

    assert submit_job(client, START.astimezone(zone), END.astimezone(zone)) == "j-1"

    (request,) = genesys.calls(JOBS)
    assert request.json == {
        "interval": "2024-05-15T00:00:00.000Z/2024-05-16T12:30:00.250Z",
        "order": "asc",
        "orderBy": "conversationStart",
    }


LOST_ANSWERS = [
    pytest.param(Reply({"jobId": "j-0"}, 202, cut=4), id="cut short"),
    pytest.param(Reply(b'{"jobId": "j-', 202), id="truncated JSON"),
    pytest.param(Reply({}, 504), id="504"),
    pytest.param(Reply({}, 503, {"Retry-After": "2"}), id="503 with Retry-After"),
]


@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_a_job_whose_answer_is_lost_is_submitted_again(
    client: GenesysClient, genesys: FakeGenesys, lost: Reply
) -> None:
    genesys.on(JOBS, lost, lost, Reply({"jobId": "j-2"}, 202))

    assert submit_job(client, START, END) == "j-2"


@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_lost_answers_leave_three_stray_jobs_at_most(client: GenesysClient, genesys: FakeGenesys, lost: Reply) -> None:
    genesys.on(JOBS, lost)

    with pytest.raises(GenesysInvalidResponseError, match=rf"POST {JOBS} .*3 tries"):
        submit_job(client, START, END)

    assert len(genesys.calls(JOBS)) == 3


def test_too_many_jobs_at_once_are_waited_for(client: GenesysClient, genesys: FakeGenesys) -> None:
    full = Reply({"code": "too.many.requests.retry.after"}, 429, {"Retry-After": "3"})
    genesys.on(JOBS, full, full, full, full, Reply({"jobId": "j-1"}, 202))

    assert submit_job(client, START, END) == "j-1"


@pytest.mark.parametrize("body", [{}, {"jobId": ""}, {"jobId": None}, []], ids=str)
def test_an_answer_without_a_job_id_is_named(client: GenesysClient, genesys: FakeGenesys, body: object) -> None:
    genesys.on(JOBS, Reply(body, 202))

    with pytest.raises(GenesysInvalidResponseError, match=f"POST {JOBS} does not have the promised form"):
        submit_job(client, START, END)


def test_the_horizon_of_the_data_lake(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(f"{JOBS}/availability", Reply({"dataAvailabilityDate": HORIZON}))

    assert availability(client) == datetime(2024, 5, 16, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(Reply({"state": "QUEUED"}), JobState(JobStatus.QUEUED), id="queued"),
        pytest.param(Reply({"state": "PENDING"}), JobState(JobStatus.PENDING), id="pending"),
        pytest.param(
            Reply({"state": "FULFILLED", "expirationDate": HORIZON}),
            JobState(JobStatus.FULFILLED, expires=datetime(2024, 5, 16, 6, tzinfo=UTC)),
            id="fulfilled",
        ),
        pytest.param(
            Reply({"state": "FAILED", "errorMessage": "too many results"}),
            JobState(JobStatus.FAILED, "too many results"),
            id="failed",
        ),
        pytest.param(Reply({"state": "CANCELLED"}), JobState(JobStatus.CANCELLED), id="cancelled"),
        pytest.param(
            Reply({"state": "EXPIRED", "expirationDate": HORIZON}),
            JobState(JobStatus.EXPIRED, expires=datetime(2024, 5, 16, 6, tzinfo=UTC)),
            id="expired",
        ),
        pytest.param(Reply({"state": "THINKING"}), JobState(JobStatus.UNKNOWN, "THINKING"), id="newer than this code"),
        pytest.param(Reply({"state": "LOST"}), JobState(JobStatus.UNKNOWN, "LOST"), id="named like one of ours"),
    ],
)
def test_states(client: GenesysClient, genesys: FakeGenesys, reply: Reply, expected: JobState) -> None:
    genesys.on(JOB, reply)

    assert job_state(client, "j-1") == expected


def test_a_job_that_genesys_does_not_know_is_lost(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(JOB, NOT_FOUND)

    state = job_state(client, "j-1")

    assert state.state is JobStatus.LOST
    assert "Job j-1 was not found" in str(state.error_message)


@pytest.mark.parametrize(
    ("status", "waiting", "gone"),
    [
        (JobStatus.QUEUED, True, False),
        (JobStatus.PENDING, True, False),
        (JobStatus.UNKNOWN, True, False),
        (JobStatus.FULFILLED, False, False),
        (JobStatus.FAILED, False, True),
        (JobStatus.CANCELLED, False, True),
        (JobStatus.EXPIRED, False, True),
        (JobStatus.LOST, False, True),
    ],
)
def test_what_to_do_about_a_state(status: JobStatus, waiting: bool, gone: bool) -> None:
    assert (status.is_waiting, status.is_gone) == (waiting, gone)


def test_a_forbidden_job_is_not_a_lost_one(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(JOB, Reply({"code": "missing.permissions"}, 403))

    with pytest.raises(GenesysPermissionError, match="analytics:conversationDetail:view"):
        job_state(client, "j-1")


def test_pages_follow_the_cursor_unchanged(client: GenesysClient, genesys: FakeGenesys) -> None:
    cursor = "djE6MTAwMA+/ %2B=="
    genesys.on(RESULTS, page("c1", "c2", cursor=cursor), page("c3"))

    pages = list(job_pages(client, "j-1"))

    assert [ids(found.conversations) for found in pages] == [["c1", "c2"], ["c3"]]
    assert [found.cursor for found in pages] == [cursor, None]
    assert {found.available for found in pages} == {datetime(2024, 5, 16, 6, tzinfo=UTC)}
    assert [request.params for request in genesys.calls(RESULTS)] == [
        {"pageSize": "1000"},
        {"pageSize": "1000", "cursor": cursor},
    ]


def test_reading_goes_on_from_a_cursor(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(RESULTS, page("c3"))

    (found,) = job_pages(client, "j-1", "after-c2=")

    assert ids(found.conversations) == ["c3"]
    assert genesys.calls(RESULTS)[0].params["cursor"] == "after-c2="


def test_pages_are_read_one_at_a_time(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(RESULTS, page("c1", cursor="b"), page("c2"))
    pages: Iterator[object] = job_pages(client, "j-1")

    next(pages)

    assert len(genesys.calls(RESULTS)) == 1


@pytest.mark.parametrize("cursor", [None, ""], ids=["absent", "empty"])
def test_a_job_without_conversations_is_one_empty_page(
    client: GenesysClient, genesys: FakeGenesys, cursor: str | None
) -> None:
    genesys.on(RESULTS, page(cursor=cursor))

    (found,) = job_pages(client, "j-1")

    assert (found.conversations, found.cursor) == ([], None)


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([page("c1", cursor="a"), page("c2", cursor="a")], id="the cursor asked with"),
        pytest.param([page("c1", cursor="a"), page("c2", cursor="b"), page("c3", cursor="a")], id="an earlier cursor"),
        pytest.param([page(cursor="a"), page(cursor="a")], id="a cursor without conversations"),
        pytest.param([page("c1", cursor="a"), page("c1", cursor="b")], id="a page under a new cursor"),
        pytest.param([page("c1", cursor="a"), page("c1")], id="a page in place of the last one"),
    ],
)
def test_what_comes_twice_ends_the_reading_before_it_is_handed_out(
    client: GenesysClient, genesys: FakeGenesys, replies: list[Reply]
) -> None:
    genesys.on(RESULTS, *replies)
    pages = job_pages(client, "j-1")
    for _ in replies[1:]:
        next(pages)

    with pytest.raises(GenesysInvalidResponseError, match=f"cursor or page of GET {RESULTS} twice"):
        next(pages)


def test_the_cursor_that_reading_began_with_counts_too(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(RESULTS, page("c3", cursor="a"))

    with pytest.raises(GenesysInvalidResponseError, match="twice"):
        list(job_pages(client, "j-1", "a"))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(NOT_FOUND, id="lost"),
        pytest.param(Reply({"code": "bad.request", "message": "Job j-1 is EXPIRED"}, 400), id="expired"),
        pytest.param(Reply({"code": "gone"}, 410), id="gone"),
    ],
)
def test_results_that_are_gone_ask_for_a_new_job(client: GenesysClient, genesys: FakeGenesys, reply: Reply) -> None:
    genesys.on(RESULTS, page("c1", cursor="a"), reply)
    pages = job_pages(client, "j-1")
    next(pages)

    with pytest.raises(JobUnreadableError):
        next(pages)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(Reply({"code": "missing.permissions"}, 403), GenesysPermissionError, id="forbidden"),
        pytest.param(
            Reply({"code": "too.many.requests.retry.after"}, 429, {"Retry-After": "3600"}),
            GenesysRateLimitedError,
            id="daily limit",
        ),
        pytest.param(Reply({"conversations": []}), GenesysInvalidResponseError, id="without a horizon"),
        pytest.param(
            Reply({"dataAvailabilityDate": "2024-05-16T06:00:00"}), GenesysInvalidResponseError, id="without a zone"
        ),
    ],
)
def test_other_failures_are_not_a_lost_job(
    client: GenesysClient, genesys: FakeGenesys, reply: Reply, error: type[Exception]
) -> None:
    genesys.on(RESULTS, reply)

    with pytest.raises(error) as raised:
        list(job_pages(client, "j-1"))

    assert not isinstance(raised.value, JobUnreadableError)


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([Reply(b"", 204)], id="cancelled"),
        pytest.param([Reply({}, 202)], id="with a body"),
        pytest.param([NOT_FOUND], id="not known any more"),
        pytest.param([Reply({}, 503), NOT_FOUND], id="cancelled by a lost answer"),
    ],
)
def test_a_job_is_cancelled(client: GenesysClient, genesys: FakeGenesys, replies: list[Reply]) -> None:
    genesys.on(JOB, *replies)

    cancel_job(client, "j-1")

    assert [request.method for request in genesys.calls(JOB)] == ["DELETE"] * len(replies)


def test_a_job_that_may_not_be_cancelled_is_named(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(JOB, Reply({"code": "bad.request", "message": "no"}, 400))

    with pytest.raises(GenesysInvalidResponseError, match=f"DELETE {JOB} with status 400"):
        cancel_job(client, "j-1")


def test_a_job_id_is_one_part_of_the_path(client: GenesysClient, genesys: FakeGenesys) -> None:
    def answer(request: Received) -> Reply:
        return Reply({"state": "QUEUED"})

    genesys.on(f"{JOBS}/a%2Fb%3F", answer)

    assert job_state(client, "a/b?").state is JobStatus.QUEUED
