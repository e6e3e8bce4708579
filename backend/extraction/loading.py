"""Stages what was gathered and commits it with receipt and watermark: the one way into the warehouse."""

from collections.abc import Iterator
from datetime import date, datetime

from backend.extraction.context import Context
from backend.extraction.events import event_days, events_table
from backend.extraction.gathering import Gathered
from backend.extraction.rows import Names, Provenance
from backend.version import VERSION
from backend.warehouse.commit import commit, day_ranges, stored_event_days
from backend.warehouse.commit_script import Batch, Deleted, Settling, Staged
from backend.warehouse.staging import drop_staging, stage
from backend.warehouse.tables import DETAILS


def load(
    context: Context,
    gathered: Gathered,
    names: Names,
    *,
    number: int,
    finished: bool,
    watermark: datetime | None = None,
    resume_from: datetime | None = None,
    available: datetime | None = None,
    settling: Settling | None = None,
) -> Iterator[None]:
    """One batch, each effect a step; `available` is the `dataAvailabilityDate` of the job that was read."""
    tools = context.tools
    staged = None
    if gathered.flats:
        staged = _stage(context, gathered, names, number, Provenance(context.run.started_at, available))
        yield
    batch = Batch(
        number=number,
        staged=staged,
        received=len(gathered),
        quarantined=gathered.quarantined,
        version=VERSION,
        watermark=watermark,
        requests=context.genesys.requests,
        more=context.progress.more,
        finished=finished,
        forbidden_lookups=context.progress.forbidden_text(),
        available=available,
        settling=settling,
        resume_from=resume_from,
        released=[flat.id for flat in gathered.flats if flat.id in context.quarantined],
    )
    commit(tools.warehouse, tools.catalog[DETAILS], batch, context.run, context.lease)
    context.progress.committed(len(gathered), watermark, finished=finished)
    yield
    if staged:
        drop_staging(tools.warehouse, staged.rows, staged.events)
        yield


def delete(
    context: Context, ids: list[str], days: set[date], *, number: int, finished: bool, settling: Settling | None
) -> Iterator[None]:
    """Marks stored conversations as gone from Genesys; `days` are those on which they began."""
    tools = context.tools
    ranges = day_ranges(days)
    events = stored_event_days(tools.warehouse, "", ranges, ids) if ids else set()
    batch = Batch(
        number=number,
        staged=None,
        received=0,
        quarantined=(),
        version=VERSION,
        watermark=None,
        requests=context.genesys.requests,
        more=context.progress.more,
        finished=finished,
        deleted=Deleted(ids, ranges, day_ranges(events)) if ids else None,
        withheld_deletions=context.progress.withheld_deletions,
        settling=settling,
    )
    commit(tools.warehouse, tools.catalog[DETAILS], batch, context.run, context.lease)
    context.progress.committed(0, None, finished=finished)
    yield


def _stage(context: Context, gathered: Gathered, names: Names, number: int, provenance: Provenance) -> Staged:
    tools, flats, name = context.tools, gathered.flats, f"{context.run.id}-{number}"
    days = day_ranges(gathered.days())
    rows = tools.mapping.table(flats, names, provenance)
    rows_table = stage(tools.warehouse, rows, name=f"{name}-rows", heartbeat=context.lease.keep)
    events = events_table(flats)
    events_name = stage(tools.warehouse, events, name=f"{name}-events", heartbeat=context.lease.keep)
    stored = stored_event_days(tools.warehouse, rows_table, days)
    return Staged(rows_table, events_name, days, day_ranges(event_days(flats) | stored))
