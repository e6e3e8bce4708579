"""The hot path: reads new and changed conversations from Genesys and merges them into the warehouse.

Each step is one effect (a page read, a batch staged, a batch committed). The watermark moves only with a commit, to the
end of the last window that was read completely.
"""

from collections.abc import Generator, Iterator
from datetime import timedelta
from enum import Enum, auto
from itertools import batched

from backend.extraction.context import Context
from backend.extraction.gathering import Gathered
from backend.extraction.loading import load
from backend.extraction.lookups import known_names, refresh_lookups
from backend.extraction.plan import (
    Window,
    affordable_hits,
    day_windows,
    first_start,
    must_split,
    span_to_read,
    split_threshold,
    to_read_again,
)
from backend.extraction.rows import Names
from backend.genesys.conversations import details_by_ids, details_pages
from backend.warehouse.names import read_names
from backend.warehouse.open_set import open_conversations
from backend.warehouse.state import keep_first_start

BATCH_ROWS = 20_000
_IDS_A_STEP = 50


class _Outcome(Enum):
    """What came of reading a window; what was read of one that time cut short is loaded, but does not count as read."""

    READ = auto()
    TOO_LARGE = auto()
    CUT_SHORT = auto()


def extract(context: Context) -> Iterator[None]:
    """One incremental run: from the watermark less the look-back to now less the delay, as far as time allows."""
    settings = context.tools.settings
    history = context.state.first_start
    if history is None:
        history = first_start(settings.extract_start, context.run.started_at)
        keep_first_start(context.tools.warehouse, history)
        yield
    names = yield from names_at_hand(context)
    span = span_to_read(
        context.state.watermark,
        context.state.resume_from,
        history,
        context.tools.now(),
        lookback=timedelta(minutes=settings.extract_lookback_minutes),
        delay=timedelta(seconds=settings.extract_delay_seconds),
    )
    yield from read_span(context, span, names, live=True)


def names_at_hand(context: Context) -> Generator[None, None, Names]:
    """The stored names; read from Genesys first where none are stored."""
    stored = read_names(context.tools.warehouse)
    if not stored:
        yield from refresh_lookups(context)
        stored = read_names(context.tools.warehouse)
    return known_names(stored)


def read_span(context: Context, span: Window | None, names: Names, *, live: bool) -> Iterator[None]:
    """Reads the span window by window and commits it in batches; stops in time for the deadline with `more`.

    Only `live` reading moves the watermark and reads open conversations again.
    """
    settings = context.tools.settings
    threshold = split_threshold(settings.genesys_requests_per_minute, settings.run_deadline_seconds)
    windows = list(day_windows(span)) if span else []
    seen: set[str] = set()
    gathered, number, read_to = Gathered(seen), 1, None
    while windows:
        outcome = yield from _read_window(context, windows[0], threshold, gathered)
        if outcome is _Outcome.TOO_LARGE:
            windows[:1] = windows[0].halves()
        elif outcome is _Outcome.READ:
            read_to = windows.pop(0).end
        context.progress.more = bool(windows) and (outcome is _Outcome.CUT_SHORT or context.time_is_short())
        if context.progress.more:
            break
        if len(gathered) >= BATCH_ROWS and windows:
            watermark = read_to if live else None
            yield from load(
                context, gathered, names, number=number, finished=False, watermark=watermark, resume_from=read_to
            )
            gathered, number = Gathered(seen), number + 1
    if live and not context.progress.more:
        yield from _reread_open(context, gathered, seen)
    watermark = (read_to or context.progress.watermark) if live else None
    resume_from = read_to or context.state.resume_from if context.progress.more else None
    yield from load(
        context, gathered, names, number=number, finished=True, watermark=watermark, resume_from=resume_from
    )


def _read_window(
    context: Context, window: Window, threshold: int, gathered: Gathered
) -> Generator[None, None, _Outcome]:
    """Takes in all pages of a window, unless the first one tells that they are too many for what time is left."""
    left = context.seconds_to_read()
    pages = details_pages(context.genesys, window.start, window.end)
    first = next(pages)
    yield
    now_left = context.seconds_to_read()
    affordable = affordable_hits(now_left, seconds_a_page=left - now_left, hits_a_page=len(first.conversations))
    if must_split(window, first.total_hits, min(threshold, affordable)):
        return _Outcome.TOO_LARGE
    gathered.take(first.conversations, context.tools.now())
    for page in pages:
        if context.time_is_short():
            return _Outcome.CUT_SHORT
        gathered.take(page.conversations, context.tools.now())
        yield
    return _Outcome.READ


def _reread_open(context: Context, gathered: Gathered, seen: set[str]) -> Iterator[None]:
    """Reads by id what was stored while open and did not come by its window; old ones are left to the settled path."""
    now, previous = context.tools.now(), context.state.watermark
    since = now - timedelta(days=context.tools.settings.extract_open_days)
    stored = open_conversations(context.tools.warehouse, since, now)
    yield
    unseen = {one.id: one.created_date for one in reversed(stored) if one.id not in seen}
    for ids in batched(to_read_again(unseen, previous, now, a_request=_IDS_A_STEP), _IDS_A_STEP, strict=False):
        if context.time_is_short():
            return
        gathered.take(details_by_ids(context.genesys, ids), now)
        yield
