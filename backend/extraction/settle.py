"""The settled path: re-reads the last days through detail jobs, in slices, until every row in them is final.

A cycle is one job over the days to settle. What it has done so far stands in the state row, so any later slice goes on
from the last commit: with the same job and cursor, or with a new job where Genesys lost the old one.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import batched

import msgspec

from backend.errors import GenesysInvalidResponseError
from backend.extraction.context import Context
from backend.extraction.gathering import Gathered
from backend.extraction.loading import delete, load
from backend.extraction.pipeline import BATCH_ROWS, names_at_hand
from backend.extraction.plan import span_to_settle
from backend.extraction.records import decode_conversation_id
from backend.extraction.rows import Names
from backend.extraction.tie_out import compare_settled_days
from backend.genesys.conversations import details_by_ids
from backend.genesys.jobs import JobStatus, availability, cancel_job, job_pages, job_state, submit_job
from backend.warehouse.commit_script import Settling
from backend.warehouse.settled import StoredRow, create_seen_table, drop_seen_table, unseen_rows

_SLICE_SECONDS = 110.0
_POLL_SECONDS = 2.0
_MOST_JOBS = 4
_LONGEST_WAIT = timedelta(hours=1)
_IDS_A_STEP = 50
_COMPARED_DAYS = 4
# Above this share of a day, missing records look like a lost permission rather than deletions.
_MOST_DELETED = 0.01


class Cycle(msgspec.Struct, frozen=True):
    """What is remembered of a cycle between slices; times are aware UTC."""

    start: datetime
    end: datetime
    job_id: str
    seen: str
    cursor: str | None = None
    read: bool = False
    submitted_at: datetime | None = None

    def settling(self) -> Settling:
        return Settling(msgspec.json.encode(self).decode(), self.seen)


@dataclass
class _Slice:
    """One slice at work."""

    context: Context
    names: Names
    cycle: Cycle
    end: float
    number: int = 0
    jobs: int = 0
    seen: set[str] = field(default_factory=set)

    def is_over(self) -> bool:
        return self.context.tools.now().timestamp() >= self.end or self.context.time_is_short()

    def has_waited_too_long(self) -> bool:
        submitted_at = self.cycle.submitted_at
        return submitted_at is not None and self.context.tools.now() - submitted_at > _LONGEST_WAIT

    def next_number(self) -> int:
        self.number += 1
        return self.number


def settle(context: Context) -> Iterator[None]:
    """One slice; `more` until the cycle is complete."""
    names = yield from names_at_hand(context)
    begun = context.tools.now().timestamp()
    cycle = _remembered(context) or (yield from _begin(context))
    if cycle is None:
        return
    work = _Slice(context, names, cycle, begun + _SLICE_SECONDS)
    context.progress.more = True
    if not work.cycle.read:
        yield from _read(work)
    if work.cycle.read and not work.is_over():
        yield from _mark_deletions(work)
    if context.progress.more:
        yield from load(
            context, Gathered(set()), names, number=work.next_number(), finished=True, settling=work.cycle.settling()
        )


def _remembered(context: Context) -> Cycle | None:
    """The cycle that an earlier slice left; one that cannot be read any more is begun anew."""
    if context.state.settling is None:
        return None
    try:
        return msgspec.json.decode(context.state.settling, type=Cycle)
    except msgspec.DecodeError:
        return None


def _begin(context: Context) -> Generator[None, None, Cycle | None]:
    horizon = availability(context.genesys)
    yield
    span = span_to_settle(horizon, context.state.settled_through, context.state.first_start)
    if span is None:
        return None
    return (yield from _submit(context, span.start, span.end, name=context.run.id))


def _submit(context: Context, start: datetime, end: datetime, *, name: str) -> Generator[None, None, Cycle]:
    """A new job, and an empty table for the ids that it will show."""
    job_id = submit_job(context.genesys, start, end)
    yield
    seen = create_seen_table(context.tools.warehouse, name)
    yield
    return Cycle(start, end, job_id, seen, submitted_at=context.tools.now())


def _again(work: _Slice, reason: str) -> Iterator[None]:
    """Begins the reading anew with another job; whatever was committed stays, and is read a second time.

    The old table of seen ids expires by itself: until the next commit the state row still names it.
    """
    cycle = work.cycle
    work.jobs += 1
    if work.jobs >= _MOST_JOBS or work.is_over():
        raise GenesysInvalidResponseError(
            f"Genesys Cloud could not complete a detail job over {cycle.start:%Y-%m-%d} to {cycle.end:%Y-%m-%d} in "
            f"{work.jobs} tries ({reason}). Rows of these days stay provisional; the next slice tries again."
        )
    work.seen.clear()
    name = f"{work.context.run.id}-{work.jobs}"
    work.cycle = yield from _submit(work.context, cycle.start, cycle.end, name=name)


def _read(work: _Slice) -> Iterator[None]:
    """Waits for the job and loads its pages, as far as the slice goes."""
    while not work.is_over() and not work.cycle.read:
        state = job_state(work.context.genesys, work.cycle.job_id)
        yield
        if state.state.is_gone:
            yield from _again(work, f"{state.state}: {state.error_message or 'no reason given'}")
        elif state.state.is_waiting:
            if work.has_waited_too_long():
                yield from _give_up_waiting(work, state.state)
            work.context.wait(_POLL_SECONDS)
            yield
        else:
            try:
                yield from _read_pages(work)
            except GenesysInvalidResponseError as error:
                yield from _again(work, error.message)


def _give_up_waiting(work: _Slice, state: JobStatus) -> Iterator[None]:
    """Submits another job for the next slice, and fails this one so that somebody hears of it."""
    cancel_job(work.context.genesys, work.cycle.job_id)
    yield
    yield from _again(work, f"still {state}")
    yield from load(
        work.context,
        Gathered(set()),
        work.names,
        number=work.next_number(),
        finished=False,
        settling=work.cycle.settling(),
    )
    raise GenesysInvalidResponseError(
        f"A detail job over {work.cycle.start:%Y-%m-%d} to {work.cycle.end:%Y-%m-%d} was still {state} after "
        f"{_LONGEST_WAIT.seconds // 60} minutes. It was submitted again; rows of these days stay provisional until one "
        "comes to its end."
    )


def _read_pages(work: _Slice) -> Iterator[None]:
    context = work.context
    gathered = Gathered(work.seen)
    for page in job_pages(context.genesys, work.cycle.job_id, work.cycle.cursor):
        gathered.take(page.conversations, context.tools.now())
        yield
        last = page.cursor is None
        if last or len(gathered) >= BATCH_ROWS or work.is_over():
            end = min(work.cycle.end, page.available)
            work.cycle = msgspec.structs.replace(work.cycle, cursor=page.cursor, read=last, end=end)
            yield from load(
                context,
                gathered,
                work.names,
                number=work.next_number(),
                finished=False,
                available=page.available,
                settling=work.cycle.settling(),
            )
            gathered = Gathered(work.seen)
            if not last and work.is_over():
                return


def _mark_deletions(work: _Slice) -> Iterator[None]:
    """Ends the cycle: settled rows that the job did not show, and that Genesys does not know by id, are gone."""
    context, cycle = work.context, work.cycle
    missing = unseen_rows(context.tools.warehouse, cycle.start, cycle.end, cycle.seen)
    yield
    gone: list[StoredRow] = []
    for rows in batched(missing.rows, _IDS_A_STEP, strict=False):
        known = {decode_conversation_id(raw) for raw in details_by_ids(context.genesys, [row.id for row in rows])}
        gone += [row for row in rows if row.id not in known]
        yield
        if _is_suspicious(gone, missing.settled_by_day):
            break
        if work.is_over():
            return
    marked = [] if _is_suspicious(gone, missing.settled_by_day) else gone
    context.progress.withheld_deletions = len(gone) - len(marked)
    context.progress.more = False
    yield from delete(
        context,
        [row.id for row in marked],
        {row.created_date.date() for row in marked},
        number=work.next_number(),
        finished=False,
        settling=Settling(None, cycle.seen, through=cycle.end),
    )
    drop_seen_table(context.tools.warehouse, cycle.seen)
    yield
    yield from compare_settled_days(context, cycle.end, days=_COMPARED_DAYS)


def _is_suspicious(gone: list[StoredRow], settled: Counter[date]) -> bool:
    """Whether too much of some day seems gone. A lost division misses a little of every day, so it counts for all."""
    by_day = Counter(row.created_date.date() for row in gone)
    return any(count > settled[day] * _MOST_DELETED for day, count in by_day.items())
