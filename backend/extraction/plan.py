"""Which span of time a run reads, cut into windows: pure, the clock is handed in. All times are aware UTC."""

import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from backend.errors import TaskError

FIRST_HISTORY = timedelta(days=7)
SMALLEST_WINDOW = timedelta(minutes=1)
_LONGEST_WINDOW = timedelta(days=1)
_PAGE_SIZE = 100
_MOST_HITS = 5_000
_SETTLED_AGAIN = timedelta(days=4)
_LONGEST_JOB = timedelta(days=31)
# Age of an open conversation, and how often it is read again below that age.
_REREAD = (
    (timedelta(days=1), timedelta(0)),
    (timedelta(days=3), timedelta(hours=1)),
    (timedelta(days=3650), timedelta(hours=4)),
)


class Window(NamedTuple):
    """Half-open: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime

    def halves(self) -> "tuple[Window, Window]":
        """Two windows that cover this one exactly, cut at a whole millisecond."""
        middle = _whole_millisecond(self.start + (self.end - self.start) / 2)
        return Window(self.start, middle), Window(middle, self.end)


def first_start(configured: date | None, now: datetime) -> datetime:
    """Where history begins: the configured UTC day, else the start of the day a week before `now`."""
    day = configured if configured is not None else (now - FIRST_HISTORY).date()
    return datetime.combine(day, time.min, UTC)


def span_to_read(
    watermark: datetime | None,
    resume_from: datetime | None,
    history: datetime,
    now: datetime,
    *,
    lookback: timedelta,
    delay: timedelta,
) -> Window | None:
    """What this run reads: from the watermark less the look-back to now less the delay; None where nothing is due.

    A reading that ran out of time goes on from `resume_from`, or a look-back longer than one run would never end.

    Raises `TaskError` for a watermark of the future, which no run can have read.
    """
    if watermark is not None and watermark > now:
        raise TaskError(
            f"The stored watermark {watermark.isoformat()} lies in the future, so nothing was read. "
            "Correct the clock, or clear the watermark with python -m backend resync --yes."
        )
    end = _whole_millisecond(now - delay)
    if resume_from is not None and resume_from < end:
        start = max(history, resume_from)
    else:
        start = history if watermark is None else max(history, watermark - lookback)
    return Window(start, end) if start < end else None


def day_windows(span: Window) -> Iterator[Window]:
    """The span cut at every UTC midnight, oldest first: Genesys's query goes by the day a conversation started."""
    start = span.start
    while start < span.end:
        midnight = datetime.combine(start.date(), time.min, UTC) + _LONGEST_WINDOW
        end = min(midnight, span.end)
        yield Window(start, end)
        start = end


def span_to_settle(available: datetime, settled_through: datetime | None, history: datetime | None) -> Window | None:
    """What the settled path re-reads: whole days up to where Genesys's data lake is complete.

    The last days always, and further back where an earlier cycle did not come so far; None where nothing is there yet.
    """
    end = _whole_millisecond(available)
    earlier = settled_through or history or end
    start = max(min(end - _SETTLED_AGAIN, earlier), end - _LONGEST_JOB)
    midnight = datetime.combine(start.date(), time.min, UTC)
    return Window(midnight, end) if midnight < end else None


def to_read_again(
    opened: Mapping[str, datetime], previous: datetime | None, now: datetime, *, a_request: int
) -> list[str]:
    """Ids of open conversations that are due, of those given with when they began; `previous` as for `is_due`.

    A request costs the same for one id and for `a_request`, so the last one takes along others, in the order given.
    """
    due, others = list[str](), list[str]()
    for identity, began in opened.items():
        stagger = zlib.crc32(identity.encode())
        (due if is_due(began, previous, now, stagger=stagger) else others).append(identity)
    return due + others[: -len(due) % a_request]


def is_due(opened: datetime, previous: datetime | None, now: datetime, *, stagger: int) -> bool:
    """Whether an open conversation is read again: in every run at first, less and less often as it ages.

    `previous` is when the run before this one read. `stagger` (any number) spreads conversations of one age over time.
    """
    age = now - opened
    period = next((period for limit, period in _REREAD if age < limit), _REREAD[-1][1])
    if previous is None or not period:
        return True
    seconds = period.total_seconds()
    offset = stagger % int(seconds)
    return (now.timestamp() + offset) // seconds != (previous.timestamp() + offset) // seconds


def split_threshold(requests_per_minute: int, deadline_seconds: float) -> int:
    """Most hits of one window: pages deep in a result are slow, and a quarter of a run must be enough to read it."""
    affordable = int(requests_per_minute * deadline_seconds / 60 / 4) * _PAGE_SIZE
    return max(_PAGE_SIZE, min(_MOST_HITS, affordable))


def affordable_hits(seconds_left: float, *, seconds_a_page: float, hits_a_page: int) -> int:
    """Most hits of a window that takes half of the time left, where its other pages are like the first."""
    if seconds_a_page <= 0:
        return _MOST_HITS
    return max(1, int(seconds_left / 2 / seconds_a_page)) * max(1, hits_a_page)


def must_split(window: Window, total_hits: int, threshold: int) -> bool:
    """Whether to read the halves instead; the smallest window is read to the API's own end."""
    return total_hits > threshold and window.end - window.start >= 2 * SMALLEST_WINDOW


def _whole_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
