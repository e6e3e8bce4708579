"""Jobs and totals read from the simulator: the same conversations and the same counts as its raw records hold."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from werkzeug.serving import make_server

from backend.errors import GenesysInvalidResponseError
from backend.genesys.aggregates import queue_totals
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import details_pages
from backend.genesys.jobs import (
    JobStatus,
    JobUnreadableError,
    availability,
    cancel_job,
    job_pages,
    job_state,
    submit_job,
)
from backend.genesys.regions import GenesysAddress
from backend.settings import Secret
from sandbox.genesys import Client, Fault, Lake, World, create_app
from tests.genesys.conftest import MakeClient
from tests.genesys.fakes import SECRET

END = datetime(2024, 5, 16, tzinfo=UTC)
START = END - timedelta(days=1)
JOBS = "/api/v2/analytics/conversations/details/jobs"

type Connect = Callable[..., GenesysClient]


class Clock:
    """The simulated now, in milliseconds since 1970: a day after all that is read."""

    def __init__(self) -> None:
        self.now = int((END + timedelta(days=1)).timestamp()) * 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock: Clock, make_client: MakeClient) -> Iterator[Connect]:
    """A client of a simulator with these faults."""
    servers = []

    def start(*faults: Fault) -> GenesysClient:
        world = World(3, clock.now, conversations=3_000, days=2)
        client, lake = Client("the-client-id", SECRET), Lake(lag=0)
        app = create_app(world, clock=clock, limit_per_minute=100_000, client=client, lake=lake, faults=faults)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        return make_client(address=GenesysAddress(url, url), client_secret=Secret(SECRET), clock=time.time)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fulfilled(client: GenesysClient, clock: Clock) -> str:
    job = submit_job(client, START, END)
    clock.now += 60_000
    assert job_state(client, job).state is JobStatus.FULFILLED
    return job


def ids(records: list[msgspec.Raw]) -> list[str]:
    return [msgspec.json.decode(record)["conversationId"] for record in records]


def test_a_job_has_every_conversation_of_its_day_once(connect: Connect, clock: Clock) -> None:
    client = connect()
    job = submit_job(client, START, END)
    assert job_state(client, job).state is JobStatus.QUEUED
    clock.now += 60_000

    pages = list(job_pages(client, job))

    read = [name for page in pages for name in ids(page.conversations)]
    queried = {name for page in details_pages(client, START, END) for name in ids(page.conversations)}
    assert len(pages) > 1
    assert len(read) == len(set(read))
    assert queried <= set(read)
    assert pages[0].available <= availability(client)


def test_reading_goes_on_where_it_was_left(connect: Connect, clock: Clock) -> None:
    client = connect()
    job = fulfilled(client, clock)
    first, *rest = job_pages(client, job)

    again = list(job_pages(client, job, first.cursor))

    assert [ids(page.conversations) for page in again] == [ids(page.conversations) for page in rest]


def test_a_cancelled_job_is_told_apart(connect: Connect, clock: Clock) -> None:
    client = connect()
    job = fulfilled(client, clock)

    cancel_job(client, job)

    assert job_state(client, job).state is JobStatus.CANCELLED
    with pytest.raises(JobUnreadableError):
        next(job_pages(client, job))


@pytest.mark.parametrize(
    ("kind", "status"), [("job_failed", "FAILED"), ("job_expired", "EXPIRED"), ("job_lost", "LOST")]
)
def test_jobs_that_went_wrong_are_told_apart(connect: Connect, kind: str, status: str) -> None:
    client = connect(msgspec.convert({"kind": kind, "path": JOBS, "skip": 1}, Fault))
    job = submit_job(client, START, END)

    assert job_state(client, job).state == status


def test_a_repeated_page_ends_the_reading(connect: Connect, clock: Clock) -> None:
    client = connect(Fault("repeated_page", path=JOBS, skip=3, times=0))
    pages = job_pages(client, fulfilled(client, clock))
    next(pages)

    with pytest.raises(GenesysInvalidResponseError, match="twice"):
        next(pages)


def test_totals_are_those_of_the_raw_records(connect: Connect, clock: Clock) -> None:
    client = connect()
    answer_times: Counter[tuple[str, int]] = Counter()
    for page in job_pages(client, fulfilled(client, clock)):
        for record in page.conversations:
            for participant in msgspec.json.decode(record)["participants"]:
                for session in participant["sessions"]:
                    for metric in session["metrics"]:
                        moment = datetime.fromisoformat(metric["emitDate"])
                        if metric["name"] == "tAnswered" and START <= moment < END:
                            answer_times[session["mediaType"], int(moment.timestamp()) // 1_800] += metric["value"]

    totals: Counter[tuple[str, int]] = Counter()
    for total in queue_totals(client, START, END):
        if total.metric == "tAnswered":
            totals[str(total.channel), int(total.interval_start.timestamp()) // 1_800] += total.sum or 0

    assert totals == answer_times
    assert len(totals) > 48
