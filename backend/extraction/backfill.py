"""Loads past days, a day a run: through a detail job where Genesys's data lake has the day, else by the query API.

Each day is a run of its own under the lease, so live data never waits longer than one day's reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from backend.errors import GenesysInvalidResponseError
from backend.extraction.context import Answer, Context, Tools, Work
from backend.extraction.gathering import Gathered
from backend.extraction.loading import load
from backend.extraction.pipeline import BATCH_ROWS, extract, names_at_hand, read_span
from backend.extraction.plan import Window
from backend.extraction.runs import perform
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import total_hits
from backend.genesys.jobs import JobStatus, availability, job_pages, job_state, submit_job
from backend.warehouse.state import read_state

_POLL_SECONDS = 2.0
_JOB_PAGE, _REQUESTS_A_JOB = 1_000, 6
_SAMPLED_DAYS = 12
_LIVE_EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class Plan:
    """What a backfill would cost. `conversations` is estimated from sampled days where they are many."""

    days: list[date]
    conversations: int
    requests: int
    minutes: float


def plan_backfill(genesys: GenesysClient, first: date, end: date, requests_per_minute: int) -> Plan:
    """The plan for the UTC days from `first` to `end` (exclusive); asks Genesys for the size of some of them."""
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    step = max(1, len(days) // _SAMPLED_DAYS)
    sampled = [_hits(genesys, day) for day in days[::step]]
    conversations = round(sum(sampled) / len(sampled) * len(days)) if sampled else 0
    requests = len(days) * _REQUESTS_A_JOB + conversations // _JOB_PAGE
    return Plan(days, conversations, requests, requests / requests_per_minute)


def backfill_day(day: date) -> Work:
    """The work of one run: every conversation alive on that UTC day, or begun on it where the lake lacks it yet."""

    def work(context: Context) -> Iterator[None]:
        start = datetime.combine(day, time.min, UTC)
        window = Window(start, start + timedelta(days=1))
        names = yield from names_at_hand(context)
        if window.end <= availability(context.genesys):
            yield
            job_id = submit_job(context.genesys, window.start, window.end)
            yield from _await(context, job_id)
            gathered, number = Gathered(set()), 1
            for page in job_pages(context.genesys, job_id):
                gathered.take(page.conversations, context.tools.now())
                yield
                last = page.cursor is None
                if last or len(gathered) >= BATCH_ROWS:
                    yield from load(context, gathered, names, number=number, finished=last, available=page.available)
                    gathered, number = Gathered(set()), number + 1
        else:
            end = min(window.end, context.tools.now() - timedelta(seconds=context.tools.settings.extract_delay_seconds))
            yield from read_span(context, Window(window.start, end) if window.start < end else None, names, live=False)

    return work


def run_day(tools: Tools, day: date) -> Answer:
    """Backfills a day once the lease is free; live data that is due goes first. Raises `RunFailedError`."""
    watermark = read_state(tools.warehouse).watermark
    if watermark is not None and tools.now() - watermark > _LIVE_EVERY:
        perform(tools, "extract", extract)
    while True:
        answer = perform(tools, "backfill", backfill_day(day))
        if answer.status != "skipped":
            return answer
        tools.sleep(_POLL_SECONDS)


def _await(context: Context, job_id: str) -> Iterator[None]:
    while True:
        state = job_state(context.genesys, job_id)
        yield
        if state.state is JobStatus.FULFILLED:
            return
        if not state.state.is_waiting or context.time_is_short():
            raise GenesysInvalidResponseError(
                f"Genesys Cloud did not complete the detail job of this day ({state.state}: "
                f"{state.error_message or 'no reason given'}). Nothing of the day was loaded; run the backfill again."
            )
        context.wait(_POLL_SECONDS)


def _hits(genesys: GenesysClient, day: date) -> int:
    start = datetime.combine(day, time.min, UTC)
    return total_hits(genesys, start, start + timedelta(days=1))
