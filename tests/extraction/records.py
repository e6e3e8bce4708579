"""Genesys records in short: times are minutes after 2024-03-10T08:00Z, metrics `name=value` at a minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.extraction.flatten import FlatConversation, flatten
from backend.extraction.records import decode_conversation

START = datetime(2024, 3, 10, 8, 0, tzinfo=UTC)
NOW = datetime(2024, 3, 12, 12, 0, tzinfo=UTC)

type Json = dict[str, Any]


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def metric(name: str, value: float | None = 1, minute: float | None = 1) -> Json:
    found: Json = {"name": name}
    if value is not None:
        found["value"] = value
    if minute is not None:
        found["emitDate"] = at(minute)
    return found


def segment(start: float | None = 0, end: float | None = None, **values: Any) -> Json:
    dates = {"segmentStart": start, "segmentEnd": end}
    return {name: at(minute) for name, minute in dates.items() if minute is not None} | values


def participant(purpose: str, *metrics: Json, segments: list[Json] | None = None, **values: Any) -> Json:
    """One participant with one session; `mediaType` and other properties of the session by their wire names."""
    own = {name: values.pop(name) for name in ("userId", "teamId") if name in values}
    session = {"mediaType": "voice", "metrics": list(metrics), "segments": segments or [segment()]} | values
    return own | {"purpose": purpose, "sessions": [session]}


def acd(queue: str, *metrics: Json, start: float = 0, **values: Any) -> Json:
    return participant("acd", *metrics, segments=[segment(start, queueId=queue)], **values)


def agent(user: str, *metrics: Json, start: float = 1, **values: Any) -> Json:
    segments = values.pop("segments", [segment(start)])
    return participant("agent", *metrics, segments=segments, userId=user, **values)


def conversation(
    *participants: Json, identity: str = "c1", start: float = 0, end: float | None = 30, **values: Any
) -> Json:
    ended = {} if end is None else {"conversationEnd": at(end)}
    return (
        {"conversationId": identity, "conversationStart": at(start), "originatingDirection": "inbound"}
        | ended
        | {"participants": list(participants)}
        | values
    )


def flat(record: Json, now: datetime = NOW) -> FlatConversation:
    return flatten(decode_conversation(msgspec.json.encode(record)), now)


def wrap_up(code: str | None, start: float | None) -> Json:
    return segment(start, segmentType="wrapup") | ({} if code is None else {"wrapUpCode": code})
