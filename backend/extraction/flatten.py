"""One Genesys conversation as one flat record: pure, no clock, no lookups; ids stand where names will.

The derivations are those of the published metric definitions: design of the table in `schema/interaction_details.yaml`.
Durations are integer milliseconds here and become seconds in the row.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from backend.extraction.records import Conversation, Participant, RecordError, Segment, Session, SessionMetric

# The metrics that Genesys's own queue views count, each at the moment it was emitted.
COUNTED_METRICS = frozenset(
    {
        "nOffered", "tAnswered", "nOverSla", "tAbandon", "tShortAbandon", "tFlowOut", "tAcd",
        "tTalkComplete", "tHeldComplete", "tAcw", "tHandle", "nTransferred",
    }
)  # fmt: skip

_HANDLING_PURPOSES = frozenset({"agent", "user"})
_CUSTOMER_PURPOSES = frozenset({"customer", "external"})
_HANDLED = frozenset({"tAnswered", "tTalk"})
_UNDATED = datetime.min.replace(tzinfo=UTC)


class MetricEvent(NamedTuple):
    """One counted metric at its own moment; `value` in milliseconds (`t...`) or a count (`n...`)."""

    metric: str
    emitted_at: datetime
    value: int
    queue_id: str | None
    agent_id: str | None
    channel: str | None


class FlatConversation(msgspec.Struct, gc=False, frozen=True):
    """What one conversation becomes, before names are looked up. Times are UTC; durations are milliseconds."""

    id: str
    created_date: datetime
    updated_date: datetime
    ended_date: datetime | None
    channel: str | None
    direction: str | None
    queue_id: str | None
    first_queue_id: str | None
    skill_ids: tuple[str, ...]
    agent_id: str | None
    team_id: str | None
    wait_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    wrap_up_ms: int | None
    handle_ms: int | None
    disposition_id: str | None
    outcome: str | None
    abandoned: bool
    answered: bool
    transferred: bool
    events: tuple[MetricEvent, ...]

    def record_hash(self) -> str:
        """Hash over all of it, events included; names are not part of it, so a renamed queue is no new revision."""
        return hashlib.blake2b(_ENCODER.encode(self), digest_size=16).hexdigest()


_ENCODER = msgspec.json.Encoder()


class _Leg(NamedTuple):
    """A session with its participant and its first moment, by which legs are ordered."""

    start: datetime
    participant: Participant
    session: Session

    def metrics(self) -> list[SessionMetric]:
        return self.session.metrics or []

    def has(self, names: Iterable[str]) -> bool:
        return any(metric.name in names for metric in self.metrics())

    def queue_id(self) -> str | None:
        segments = sorted(self.session.segments or (), key=lambda segment: segment.segment_start or self.start)
        return next((segment.queue_id for segment in segments if segment.queue_id), None)


def flatten(conversation: Conversation, now: datetime) -> FlatConversation:
    """The flat record of a conversation as read at `now` (aware); dates after `now` do not count as updates.

    Raises `RecordError` where a value fits no table.
    """
    legs = _legs(conversation)
    acd = [leg for leg in legs if leg.participant.purpose == "acd"]
    handled = [leg for leg in legs if leg.participant.purpose in _HANDLING_PURPOSES and leg.has(_HANDLED)]
    customer = [leg for leg in legs if leg.participant.purpose in _CUSTOMER_PURPOSES]
    queues = [queue_id for leg in acd if (queue_id := leg.queue_id())]
    present = {metric.name for leg in legs for metric in leg.metrics()}
    agent = handled[-1].participant if handled else None
    return FlatConversation(
        id=conversation.conversation_id,
        created_date=_utc(conversation.conversation_start),
        updated_date=_utc(
            max((date for date in _dates(conversation) if date <= now), default=conversation.conversation_start)
        ),
        ended_date=_utc(conversation.conversation_end) if conversation.conversation_end else None,
        channel=customer[-1].session.media_type if customer else None,
        direction=conversation.originating_direction,
        queue_id=queues[-1] if queues else None,
        first_queue_id=queues[0] if queues else None,
        skill_ids=tuple(sorted(_skills(legs))),
        agent_id=agent.user_id if agent else None,
        team_id=agent.team_id if agent else None,
        wait_ms=_total(_values(leg, "tAcd") for leg in acd),
        talk_ms=_total(_values(leg, "tTalkComplete") or _values(leg, "tTalk") for leg in legs),
        hold_ms=_total(_values(leg, "tHeldComplete") or _values(leg, "tHeld") for leg in legs),
        wrap_up_ms=_total(_values(leg, "tAcw") for leg in legs),
        handle_ms=_total(_values(leg, "tHandle") for leg in legs),
        disposition_id=_disposition(agent) if agent else None,
        outcome=_outcome(conversation, legs, bool(acd), bool(handled), present),
        abandoned="tAbandon" in present,
        answered=bool(handled),
        transferred="nTransferred" in present,
        events=tuple(sorted(_events(legs), key=_event_order)),
    )


def _legs(conversation: Conversation) -> list[_Leg]:
    """All sessions in order of their first segment, in document order where equal."""
    legs = [
        _Leg(_first_moment(session, conversation.conversation_start), participant, session)
        for participant in conversation.participants or ()
        for session in participant.sessions or ()
    ]
    return sorted(legs, key=lambda leg: leg.start)


def _first_moment(session: Session, default: datetime) -> datetime:
    return min((segment.segment_start for segment in session.segments or () if segment.segment_start), default=default)


def _dates(conversation: Conversation) -> Iterator[datetime]:
    candidates: list[datetime | None] = [conversation.conversation_start, conversation.conversation_end]
    for events in (conversation.evaluations, conversation.surveys, conversation.resolutions):
        for event in events or ():
            candidates += (event.event_time, event.survey_completed_date)
    for participant in conversation.participants or ():
        for session in participant.sessions or ():
            candidates.append(session.delivery_status_change_date)
            candidates += [metric.emit_date for metric in session.metrics or ()]
            for segment in session.segments or ():
                candidates += (segment.segment_start, segment.segment_end)
    return (date for date in candidates if date is not None)


def _utc(moment: datetime) -> datetime:
    """In UTC, whose days partition the table. A date at the edge of the calendar fits none."""
    if not 1 < moment.year < 9999:
        raise RecordError(None, f"a date is out of range: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _skills(legs: list[_Leg]) -> set[str]:
    return {
        skill
        for leg in legs
        for segment in leg.session.segments or ()
        for skill in segment.requested_routing_skill_ids or ()
    }


def _values(leg: _Leg, name: str) -> list[int]:
    return [_whole(metric.value) for metric in leg.metrics() if metric.name == name and metric.value is not None]


def _whole(value: int | float) -> int:
    """Milliseconds or a count as INT64; a value that no table can hold spoils its record, not the batch."""
    if not -(2**63) <= value < 2**63:
        raise RecordError(None, f"a metric's value is out of range: {value}")
    return round(value)


def _total(groups: Iterable[list[int]]) -> int | None:
    values = [value for group in groups for value in group]
    return sum(values) if values else None


def _disposition(agent: Participant) -> str | None:
    """The agent's latest wrap-up code; a wrap-up segment may carry none."""
    wrap_ups: list[Segment] = [
        segment
        for session in agent.sessions or ()
        for segment in session.segments or ()
        if segment.segment_type == "wrapup" and segment.wrap_up_code
    ]
    wrap_ups.sort(key=lambda segment: segment.segment_start or _UNDATED)
    return wrap_ups[-1].wrap_up_code if wrap_ups else None


def _outcome(
    conversation: Conversation, legs: list[_Leg], queued: bool, handled: bool, present: set[str]
) -> str | None:
    """The first that holds, in the order of precedence."""
    predicates = {
        "open": conversation.conversation_end is None,
        "non_acd": not queued,
        "answered": handled,
        "abandoned": "tAbandon" in present,
        "callback": any(leg.session.media_type == "callback" for leg in legs),
        "voicemail": "tVoicemail" in present,
        "flow_out": "tFlowOut" in present,
    }
    return next((outcome for outcome, holds in predicates.items() if holds), None)


def _events(legs: list[_Leg]) -> Iterator[MetricEvent]:
    for leg in legs:
        queue_id = leg.queue_id()
        agent_id = None if leg.participant.purpose == "acd" else leg.participant.user_id
        for metric in leg.metrics():
            if metric.name in COUNTED_METRICS and metric.emit_date is not None and metric.value is not None:
                value = _whole(metric.value)
                yield MetricEvent(
                    metric.name, _utc(metric.emit_date), value, queue_id, agent_id, leg.session.media_type
                )


def _event_order(event: MetricEvent) -> tuple[object, ...]:
    return (
        event.emitted_at,
        event.metric,
        event.value,
        event.queue_id or "",
        event.agent_id or "",
        event.channel or "",
    )
