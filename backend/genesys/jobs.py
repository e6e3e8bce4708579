"""Detail jobs: conversations whose life overlaps an interval, read asynchronously from Genesys's data lake.

The lake lags behind: what happened at or after `dataAvailabilityDate` may be missing from a job that still succeeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import msgspec

from backend.errors import GenesysInvalidResponseError
from backend.genesys.answers import CallRefusedError, Instant, decode, identity
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import interval

_JOBS = "/api/v2/analytics/conversations/details/jobs"
_PAGE_SIZE = 1_000
# A job that is unknown, or whose results are not there any more or not there yet.
_UNREADABLE_STATUSES = frozenset({400, 404, 409, 410})

type Identifier = Annotated[str, msgspec.Meta(min_length=1)]


class JobStatus(StrEnum):
    """What became of a job. The first six are Genesys's own.

    `LOST`: Genesys does not know the id (any more). `UNKNOWN`: a state newer than this code; it may pass.
    """

    QUEUED = "QUEUED"
    PENDING = "PENDING"
    FULFILLED = "FULFILLED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    LOST = "LOST"
    UNKNOWN = "UNKNOWN"

    @property
    def is_waiting(self) -> bool:
        """Whether to ask again later."""
        return self in (JobStatus.QUEUED, JobStatus.PENDING, JobStatus.UNKNOWN)

    @property
    def is_gone(self) -> bool:
        """Whether only a new job can give the conversations."""
        return self in (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED, JobStatus.LOST)


_GENESYS_STATES = frozenset(JobStatus) - {JobStatus.LOST, JobStatus.UNKNOWN}


@dataclass(frozen=True)
class JobState:
    """`error_message` is Genesys's own text (of `UNKNOWN` the state it named); results can be read until `expires`."""

    state: JobStatus
    error_message: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True)
class JobPage:
    """Undecoded conversations and the cursor of the next page, None on the last; all before `available` is there."""

    conversations: list[msgspec.Raw]
    cursor: str | None
    available: datetime


class JobUnreadableError(GenesysInvalidResponseError):
    """A job's results cannot be read (lost, expired, cancelled): `job_state` may tell why; submit the job again."""


class _Submitted(msgspec.Struct, rename="camel"):
    job_id: Identifier


class _Status(msgspec.Struct, rename="camel"):
    state: str
    error_message: str | None = None
    expiration_date: Instant | None = None


class _Results(msgspec.Struct, rename="camel"):
    data_availability_date: Instant
    conversations: list[msgspec.Raw] | None = None
    cursor: str | None = None


class _Availability(msgspec.Struct, rename="camel"):
    data_availability_date: Instant


def availability(client: GenesysClient) -> datetime:
    """The moment before which the data lake is complete. Raises what `GenesysClient` raises."""
    path = f"{_JOBS}/availability"
    return decode(client.get(path), _Availability, f"GET {path}").data_availability_date


def submit_job(client: GenesysClient, start: datetime, end: datetime) -> str:
    """Submits a job over a half-open span (aware, whole milliseconds), oldest start first, and returns its id.

    Where the answer is lost the job is submitted again, three times at most. A stray one has no known id, so it
    cannot be cancelled; it ends by itself and nobody reads it. Raises what `GenesysClient` raises.
    """
    query = {"interval": interval(start, end), "order": "asc", "orderBy": "conversationStart"}
    return decode(client.create(_JOBS, query), _Submitted, f"POST {_JOBS}").job_id


def job_state(client: GenesysClient, job_id: str) -> JobState:
    """What became of a job. Raises what `GenesysClient` raises."""
    path = _path(job_id)
    try:
        status = decode(client.get(path), _Status, f"GET {path}")
    except CallRefusedError as refused:
        if refused.answered != 404:
            raise
        return JobState(JobStatus.LOST, refused.said)
    if status.state not in _GENESYS_STATES:
        return JobState(JobStatus.UNKNOWN, status.state, status.expiration_date)
    return JobState(JobStatus(status.state), status.error_message, status.expiration_date)


def job_pages(client: GenesysClient, job_id: str, cursor: str | None = None) -> Iterator[JobPage]:
    """The results of a fulfilled job, a page at a time, from `cursor` (of an earlier page) on or from the beginning.

    Raises `JobUnreadableError`, `GenesysInvalidResponseError` for a cursor or page that comes twice, and what
    `GenesysClient` raises.
    """
    path = f"{_path(job_id)}/results"
    cursors, pages = {cursor}, set[int]()
    while True:
        page = _page(client, path, cursor)
        content = _fingerprint(page)
        if (page.cursor and page.cursor in cursors) or content in pages:
            raise GenesysInvalidResponseError(
                f"Genesys Cloud gave a cursor or page of GET {path} twice, so the results have no end. The run "
                "stopped; the next one submits the job again. Report this if it stays."
            )
        yield page
        if page.cursor is None:
            return
        cursor = page.cursor
        cursors.add(cursor)
        pages |= {content} if page.conversations else set()


def cancel_job(client: GenesysClient, job_id: str) -> None:
    """Cancels a job; one that Genesys no longer knows needs none. Raises what else `GenesysClient` raises."""
    try:
        client.delete(_path(job_id))
    except CallRefusedError as refused:
        if refused.answered != 404:
            raise


def _path(job_id: str) -> str:
    return f"{_JOBS}/{quote(job_id, safe='')}"


def _page(client: GenesysClient, path: str, cursor: str | None) -> JobPage:
    params: dict[str, str | int] = {"pageSize": _PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
    try:
        body = decode(client.get(path, params), _Results, f"GET {path}")
    except CallRefusedError as refused:
        if refused.answered not in _UNREADABLE_STATUSES:
            raise
        raise JobUnreadableError(
            f"The results of a Genesys detail job cannot be read any more (status {refused.answered}, {refused.said}). "
            "Nothing is lost: the job is submitted again, by the next run at the latest.",
            debug=refused.debug,
        ) from refused
    return JobPage(body.conversations or [], body.cursor or None, body.data_availability_date)


def _fingerprint(page: JobPage) -> int:
    """Results do not change any more, so their edges tell pages apart."""
    edges = page.conversations[:1] + page.conversations[-1:]
    return hash((len(page.conversations), *map(identity, edges)))
