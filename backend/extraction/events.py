"""Emitted metrics of many conversations as one Arrow table, built column by column (`interaction_metrics`)."""

from collections.abc import Sequence
from datetime import date
from itertools import chain
from operator import attrgetter

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


# What each event says itself; the other columns are its conversation's.
_OWN = tuple(map(attrgetter, MetricEvent.__struct_fields__))


def events_table(flats: Sequence[FlatConversation]) -> pa.Table:
    """One row an event; what the conversation says once (id, start, direction) is repeated by index, not by value."""
    counts = [len(flat.events) for flat in flats]
    owner = pa.array(chain.from_iterable([position] * count for position, count in enumerate(counts)), pa.int32())
    events = list(chain.from_iterable(flat.events for flat in flats))
    said = {
        name: [own(event) for event in events] for name, own in zip(MetricEvent.__struct_fields__, _OWN, strict=True)
    }
    repeated = {name: [getattr(flat, name) for flat in flats] for name in _SCHEMA.names if name not in said}
    arrays = [
        pa.array(said[field.name], field.type)
        if field.name in said
        else pa.array(repeated[field.name], field.type).take(owner)
        for field in _SCHEMA
    ]
    return pa.table(arrays, schema=_SCHEMA)


def event_days(flats: Sequence[FlatConversation]) -> set[date]:
    """The UTC days on which these conversations' metrics were emitted."""
    return {event.emitted_at.date() for flat in flats for event in flat.events}
