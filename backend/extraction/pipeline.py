"""The hot path: reads new and changed conversations from Genesys and merges them into the warehouse.

Each step is one effect (a page read, a batch staged, a batch committed). The watermark moves only with a commit, to the
end of the last window that was read completely.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import msgspec

from backend.extraction.flatten import FlatConversation, flatten
from backend.extraction.lookups import known_names, refresh_lookups
from backend.extraction.plan import (
    Window,
    day_windows,
    first_start,
    must_split,
    partition_ranges,
    span_to_read,
    split_threshold,
)
from backend.extraction.records import RecordError, decode_conversation
from backend.extraction.rows import Names, Provenance
from backend.extraction.runs import Context
from backend.genesys.conversations import details_pages
from backend.genesys.paging import DetailsPage
from backend.version import VERSION
from backend.warehouse.commit import Batch, Quarantined, commit
from backend.warehouse.names import read_names
from backend.warehouse.staging import drop_staging, stage
from backend.warehouse.state import keep_first_start

DATASET = "interaction_details"
_BATCH_ROWS = 20_000
# Kept free at the end of a run for staging and committing what was read.
_COMMIT_SECONDS = 90.0
_COMMIT_SHARE = 0.25


@dataclass
class _Gathered:
    """What was read since the last commit."""

    flats: dict[str, FlatConversation] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.flats) + len(self.quarantined)

    def days(self) -> set[date]:
        return {flat.created_date.date() for flat in self.flats.values()}


def extract(context: Context) -> Iterator[None]:
    """One incremental run: from the watermark less the look-back to now less the delay, as far as time allows."""
    settings, warehouse = context.tools.settings, context.tools.warehouse
    history = context.state.first_start
    if history is None:
        history = first_start(settings.extract_start, context.run.started_at)
        keep_first_start(warehouse, history)
        yield
    stored = read_names(warehouse)
    if not stored:
        yield from refresh_lookups(context)
        stored = read_names(warehouse)
    names = known_names(stored)
    span = span_to_read(
        context.state.watermark,
        history,
        context.tools.now(),
        lookback=timedelta(minutes=settings.extract_lookback_minutes),
        delay=timedelta(seconds=settings.extract_delay_seconds),
    )
    yield from _read_and_commit(context, span, names)


def _read_and_commit(context: Context, span: Window | None, names: Names) -> Iterator[None]:
    seen: set[str] = set()
    gathered, number, read_to = _Gathered(), 0, None
    windows = list(day_windows(span)) if span else []
    threshold = split_threshold(
        context.tools.settings.genesys_requests_per_minute, context.tools.settings.run_deadline_seconds
    )
    while windows:
        window = windows.pop(0)
        pages = details_pages(context.genesys, window.start, window.end)
        first = next(pages)
        yield
        if must_split(window, first.total_hits, threshold):
            windows[:0] = window.halves()
            continue
        _gather(context, first, gathered, seen)
        for page in pages:
            _gather(context, page, gathered, seen)
            yield
        read_to = window.end
        context.progress.more = bool(windows) and _time_is_short(context)
        if context.progress.more:
            break
        if len(gathered) >= _BATCH_ROWS and windows:
            number += 1
            yield from _commit(context, gathered, names, number, read_to, finished=False)
            gathered = _Gathered()
    yield from _commit(context, gathered, names, number + 1, read_to, finished=True)
    context.progress.closed = True


def _time_is_short(context: Context) -> bool:
    reserve = min(_COMMIT_SECONDS, context.tools.settings.run_deadline_seconds * _COMMIT_SHARE)
    return context.time_left() < reserve


def _gather(context: Context, page: DetailsPage, gathered: _Gathered, seen: set[str]) -> None:
    """Takes in a page; a conversation seen before in this run (pages move while they are read) counts once."""
    now = context.tools.now()
    for raw in page.conversations:
        try:
            flat = _flatten(raw, now)
        except RecordError as error:
            key = error.conversation_id or f"unreadable {len(seen)}"
            if key not in seen:
                seen.add(key)
                gathered.quarantined.append(Quarantined(error.conversation_id, error.reason))
            continue
        if flat.id in gathered.flats:
            if flat.updated_date >= gathered.flats[flat.id].updated_date:
                gathered.flats[flat.id] = flat
        elif flat.id not in seen:
            seen.add(flat.id)
            gathered.flats[flat.id] = flat


def _flatten(raw: msgspec.Raw, now: datetime) -> FlatConversation:
    conversation = decode_conversation(raw)
    try:
        return flatten(conversation, now)
    except RecordError as error:
        raise RecordError(conversation.conversation_id, error.reason) from None


def _commit(
    context: Context, gathered: _Gathered, names: Names, number: int, read_to: datetime | None, *, finished: bool
) -> Iterator[None]:
    """Stages what was gathered and commits it with the receipt and the watermark."""
    tools, run = context.tools, context.run
    dataset = tools.catalog[DATASET]
    staging = None
    if gathered.flats:
        rows = tools.mapping.table(list(gathered.flats.values()), names, Provenance(run.started_at))
        staging = stage(tools.warehouse, dataset, rows, batch=f"{run.id}-{number}", heartbeat=context.lease.keep)
        yield
    watermark = read_to or context.progress.watermark
    batch = Batch(
        number=number,
        staging=staging,
        ranges=partition_ranges(gathered.days()),
        received=len(gathered),
        quarantined=gathered.quarantined,
        version=VERSION,
        watermark=watermark,
        requests=context.genesys.requests,
        more=context.progress.more,
        finished=finished,
        forbidden_lookups=context.progress.forbidden_text(),
    )
    commit(tools.warehouse, dataset, batch, run, context.lease)
    context.progress.records += len(gathered)
    context.progress.watermark = _later(context.progress.watermark, watermark)
    yield
    if staging:
        drop_staging(tools.warehouse, staging)
        yield


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((moment for moment in (first, second) if moment is not None), default=None)
