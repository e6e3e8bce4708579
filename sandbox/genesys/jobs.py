"""Detail jobs: asynchronous reading from a data lake that lags behind."""

from dataclasses import dataclass
from threading import Lock
from typing import Annotated
from uuid import uuid4

import msgspec
from flask import Blueprint, Response, g

from .errors import ApiError, json_response
from .instants import DAY, HOUR, MINUTE, SECOND, Clock, iso
from .limits import too_many_requests
from .listings import cursor_at, position_of
from .parameters import json_body, query_parameters, whole_number
from .plan import Plan
from .queries import PATH
from .selection import Selection, alive_in
from .world import World

MOST_AT_ONCE = 10
_LARGEST_PAGE = 1_000
_LAKE_STEP = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Lake:
    """How the data lake behaves: its lag, how long a job is queued and then runs, how long results live (all ms)."""

    lag: int = 5 * HOUR
    queued: int = SECOND
    running: int = 2 * SECOND
    life: int = DAY

    def horizon(self, now: int) -> int:
        """`dataAvailabilityDate`: everything before it is there; it moves in steps."""
        return (now - self.lag) // _LAKE_STEP * _LAKE_STEP


class JobQuery(Selection):
    """The body of a job submission, as on the wire."""

    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    start_of_day_interval_matching: bool = False


@dataclass(slots=True)
class Job:
    """A submitted job with its results, which do not change any more."""

    id: str
    plans: list[Plan]
    horizon: int
    submitted: int
    started: int
    completed: int
    expires: int
    stopped: str = ""

    def state(self, now: int) -> str:
        if self.stopped:
            return self.stopped
        if now < self.started:
            return "QUEUED"
        if now < self.completed:
            return "PENDING"
        return "FULFILLED" if now < self.expires else "EXPIRED"


class Jobs:
    """Takes jobs over a world and answers for their states and results."""

    def __init__(self, world: World, clock: Clock, lake: Lake) -> None:
        self._world = world
        self._clock = clock
        self._lake = lake
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def blueprint(self) -> Blueprint:
        routes = Blueprint("jobs", __name__, url_prefix=f"{PATH}/details/jobs")
        routes.add_url_rule("", view_func=self.submit, methods=["POST"])
        routes.add_url_rule("/availability", view_func=self.availability)
        routes.add_url_rule("/<identity>", view_func=self.state)
        routes.add_url_rule("/<identity>", view_func=self.cancel, methods=["DELETE"])
        routes.add_url_rule("/<identity>/results", view_func=self.results)
        return routes

    def submit(self) -> Response:
        """Answer `POST .../jobs` with 202 and the job's id."""
        query_parameters(set())
        asked = json_body(JobQuery)
        now = self._clock()
        horizon = self._lake.horizon(now)
        plans = self._select(asked, now, horizon)
        started = now + self._lake.queued
        completed = started + self._lake.running
        job = Job(str(uuid4()), plans, horizon, now, started, completed, completed + self._lake.life)
        with self._lock:
            unfinished = sum(other.state(now) in ("QUEUED", "PENDING") for other in self._jobs.values())
            if unfinished >= MOST_AT_ONCE:
                raise too_many_requests(-(-(completed - now) // SECOND))
            self._jobs[job.id] = job
        self._carry_out_order(job)
        return json_response({"jobId": job.id}, 202)

    def availability(self) -> Response:
        """Answer `GET .../jobs/availability`."""
        query_parameters(set())
        return json_response({"dataAvailabilityDate": iso(self._lake.horizon(self._clock()))})

    def state(self, identity: str) -> Response:
        """Answer `GET .../jobs/{id}`."""
        query_parameters(set())
        job, now = self._find(identity), self._clock()
        state = job.state(now)
        answer = {"state": state, "submissionDate": iso(job.submitted)}
        if state in ("FULFILLED", "EXPIRED"):
            answer |= {"completionDate": iso(job.completed), "expirationDate": iso(job.expires)}
        if state == "FAILED":
            answer["errorMessage"] = "The job could not be completed"
        return json_response(answer)

    def cancel(self, identity: str) -> Response:
        """Answer `DELETE .../jobs/{id}`."""
        query_parameters(set())
        self._find(identity).stopped = "CANCELLED"
        return Response(status=204)

    def results(self, identity: str) -> Response:
        """Answer `GET .../jobs/{id}/results`: the page after a cursor, each record as of the job's horizon."""
        values = query_parameters({"pageSize", "cursor"})
        size = whole_number(values, "pageSize", _LARGEST_PAGE, _LARGEST_PAGE)
        cursor = values.get("cursor", "")
        begin = position_of(cursor, "cursor")
        job = self._find(identity)
        state = job.state(self._clock())
        if state != "FULFILLED":
            raise ApiError(400, f"Job {identity} is {state}; only the results of a FULFILLED job can be read")
        shown = job.plans[begin : begin + size]
        records = b",".join(self._world.record(plan, job.horizon, attributes=True) for plan in shown)
        members = [b'"conversations":[%b]' % records] if shown else []
        if g.get("ordered") == "repeated_page" and cursor:
            members.append(b'"cursor":"%b"' % cursor.encode())
        elif begin + size < len(job.plans):
            members.append(b'"cursor":"%b"' % cursor_at(begin + size).encode())
        members.append(b'"dataAvailabilityDate":"%b"' % iso(job.horizon).encode())
        return json_response(b"{%b}" % b",".join(members))

    def _select(self, asked: JobQuery, now: int, horizon: int) -> list[Plan]:
        interval = asked.checked_interval()
        plans = alive_in(self._world, interval, now, horizon)
        if asked.start_of_day_interval_matching:
            plans = [plan for plan in plans if plan.start >= interval.start // DAY * DAY]
        return asked.apply(plans, horizon)[: asked.limit]

    def _find(self, identity: str) -> Job:
        with self._lock:
            job = self._jobs.get(identity)
        if job:
            self._carry_out_order(job)
        with self._lock:
            if identity not in self._jobs:
                raise ApiError(404, f"Job {identity} was not found", params={"jobId": identity})
            return self._jobs[identity]

    def _carry_out_order(self, job: Job) -> None:
        """What a fault ordered for this request does to the job."""
        match g.get("ordered"):
            case "job_failed":
                job.stopped = "FAILED"
            case "job_expired":
                job.stopped = "EXPIRED"
            case "job_lost":
                with self._lock:
                    self._jobs.pop(job.id, None)
