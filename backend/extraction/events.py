"""Emitted metrics of many conversations as one Arrow table, built column by column (`interaction_metrics`)."""

from collections.abc import Sequence
from datetime import date
from itertools import chain

import pyarrow as pa

from backend.extraction.flatten import FlatConversation, MetricEvent

_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("created_date", pa.timestamp("us", tz="UTC")),
        pa.field("metric", pa.string()),
        pa.field("emitted_at", pa.timestamp("us", tz="UTC")),
        pa.field("value", pa.int64()),
        pa.field("queue_id", pa.string()),
        pa.field("agent_id", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("direction", pa.string()),
    ]
)


def events_table(flats: Sequence[FlatConversation]) -> pa.Table:
    """One row an event; what the conversation says once (id, start, direction) is repeated by index, not by value."""
    counts = [len(flat.events) for flat in flats]
    owner = pa.array(chain.from_iterable([position] * count for position, count in enumerate(counts)), pa.int32())
    events: list[MetricEvent] = list(chain.from_iterable(flat.events for flat in flats))
    metric, emitted_at, value, queue_id, agent_id, channel = zip(*events, strict=True) if events else ((),) * 6
    columns = [
        pa.array([flat.id for flat in flats], pa.string()).take(owner),
        pa.array([flat.created_date for flat in flats], _SCHEMA.field("created_date").type).take(owner),
        metric,
        emitted_at,
        value,
        queue_id,
        agent_id,
        channel,
        pa.array([flat.direction for flat in flats], pa.string()).take(owner),
    ]
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for column, field in zip(columns, _SCHEMA, strict=True)
    ]
    return pa.table(arrays, schema=_SCHEMA)


def event_days(flats: Sequence[FlatConversation]) -> set[date]:
    """The UTC days on which these conversations' metrics were emitted."""
    return {event.emitted_at.date() for flat in flats for event in flat.events}
