"""One Genesys conversation as one flat record: pure, no clock, no lookups; ids stand where names will.

The derivations are those of the published metric definitions: design of the table in `schema/interaction_details.yaml`.
Durations are integer milliseconds here and become seconds in the row. Each record is walked once: at thousands of
records a second the steps a record takes are what counts.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
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
# Those that a row or an event is made of; all others are passed over.
_KEPT_METRICS = COUNTED_METRICS | {"tTalk", "tHeld", "tVoicemail"}

_HANDLING_PURPOSES = frozenset({"agent", "user"})
_CUSTOMER_PURPOSES = frozenset({"customer", "external"})
_HANDLED = frozenset({"tAnswered", "tTalk"})
_UNDATED = datetime.min.replace(tzinfo=UTC)
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


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
_EVENT_ORDER = itemgetter(1, 0, 2)
# A named tuple's own constructor is a Python function, half as fast.
_new_tuple = tuple.__new__
_LEG_ORDER = attrgetter("start")


class _Leg(msgspec.Struct, gc=False):
    """A session with its first moment, by which legs are ordered, its first queue and its kept metrics, added up.

    The sum is None for a metric that is there without a value.
    """

    start: datetime
    participant: Participant
    session: Session
    queue_id: str | None
    sums: dict[str, int | None]


class _Times(msgspec.Struct, gc=False):
    """Milliseconds over all sessions; None where no session has the metric."""

    wait: int | None = None
    talk: int | None = None
    hold: int | None = None
    wrap_up: int | None = None
    handle: int | None = None


def flatten(conversation: Conversation, now: datetime) -> FlatConversation:
    """The flat record of a conversation as read at `now` (aware); dates after `now` do not count as updates.

    Raises `RecordError` where a value fits no table.
    """
    reading = _Reading(conversation)
    legs = reading.legs
    acd = [leg for leg in legs if leg.participant.purpose == "acd"]
    handled = [
        leg for leg in legs if leg.participant.purpose in _HANDLING_PURPOSES and not _HANDLED.isdisjoint(leg.sums)
    ]
    customer = [leg for leg in legs if leg.participant.purpose in _CUSTOMER_PURPOSES]
    queues = [leg.queue_id for leg in acd if leg.queue_id]
    agent = handled[-1].participant if handled else None
    times = _times(legs)
    return FlatConversation(
        id=conversation.conversation_id,
        created_date=_utc(conversation.conversation_start),
        updated_date=_utc(_latest(reading.dates, now, conversation.conversation_start)),
        ended_date=_utc(conversation.conversation_end) if conversation.conversation_end else None,
        channel=customer[-1].session.media_type if customer else None,
        direction=conversation.originating_direction,
        queue_id=queues[-1] if queues else None,
        first_queue_id=queues[0] if queues else None,
        skill_ids=tuple(sorted(reading.skills)),
        agent_id=agent.user_id if agent else None,
        team_id=agent.team_id if agent else None,
        wait_ms=times.wait,
        talk_ms=times.talk,
        hold_ms=times.hold,
        wrap_up_ms=times.wrap_up,
        handle_ms=times.handle,
        disposition_id=_disposition(agent) if agent else None,
        outcome=_outcome(conversation, legs, bool(acd), bool(handled), reading.present),
        abandoned="tAbandon" in reading.present,
        answered=bool(handled),
        transferred="nTransferred" in reading.present,
        events=tuple(reading.events),
    )


class _Reading:
    """One walk over a conversation.

    `legs` and `events` in order of time, `dates` all dates of the record, `present` the names of its kept metrics.
    """

    __slots__ = ("dates", "events", "legs", "present", "skills")

    def __init__(self, conversation: Conversation) -> None:
        self.dates = _own_dates(conversation)
        self.skills: set[str] = set()
        self.events: list[MetricEvent] = []
        self.present: set[str] = set()
        self.legs: list[_Leg] = []
        start = conversation.conversation_start
        for participant in conversation.participants or ():
            for session in participant.sessions or ():
                self.legs.append(self._leg(start, participant, session))
        # Stable: document order decides where moments are equal.
        self.legs.sort(key=_LEG_ORDER)
        self.events.sort(key=_EVENT_ORDER)

    def _leg(self, default: datetime, participant: Participant, session: Session) -> _Leg:
        start, queue_id = self._segments(session.segments or (), default)
        if session.delivery_status_change_date:
            self.dates.append(session.delivery_status_change_date)
        agent_id = None if participant.purpose == "acd" else participant.user_id
        sums = self._metrics(session.metrics, queue_id, agent_id, session.media_type) if session.metrics else {}
        return _Leg(start, participant, session, queue_id, sums)

    def _segments(self, segments: Sequence[Segment], default: datetime) -> tuple[datetime, str | None]:
        """The first moment, and the queue of the first segment that has one."""
        seen, first, queued_at, queue_id = self.dates.append, None, None, None
        for segment in segments:
            start = segment.segment_start or default
            seen(start)
            if first is None or start < first:
                first = start
            if segment.segment_end:
                seen(segment.segment_end)
            if segment.queue_id and (queued_at is None or start < queued_at):
                queued_at, queue_id = start, segment.queue_id
            if segment.requested_routing_skill_ids:
                self.skills.update(segment.requested_routing_skill_ids)
        return first or default, queue_id

    def _metrics(
        self, metrics: Sequence[SessionMetric], queue_id: str | None, agent_id: str | None, channel: str | None
    ) -> dict[str, int | None]:
        """Sums by name; what counts becomes an event."""
        sums: dict[str, int | None] = {}
        seen = self.dates.append
        for metric in metrics:
            emitted_at = metric.emit_date
            if emitted_at:
                seen(emitted_at)
            name = metric.name
            if name not in _KEPT_METRICS:
                continue
            value = metric.value
            if value.__class__ is not int or not _SMALLEST <= value <= _LARGEST:
                value = _whole(value)
            known = sums.get(name)
            sums[name] = value if known is None else known + (value or 0)
            if emitted_at and value is not None and name in COUNTED_METRICS:
                event = (name, _utc(emitted_at), value, queue_id, agent_id, channel)
                self.events.append(_new_tuple(MetricEvent, event))
        self.present.update(sums)
        return sums


def _own_dates(conversation: Conversation) -> list[datetime]:
    """The dates of a conversation outside its sessions."""
    dates = [conversation.conversation_start]
    if conversation.conversation_end:
        dates.append(conversation.conversation_end)
    for events in (conversation.evaluations, conversation.surveys, conversation.resolutions):
        for event in events or ():
            dates += [date for date in (event.event_time, event.survey_completed_date) if date]
    return dates


def _latest(dates: list[datetime], now: datetime, default: datetime) -> datetime:
    latest = max(dates)
    return latest if latest <= now else max((date for date in dates if date <= now), default=default)


def _utc(moment: datetime) -> datetime:
    """In UTC, whose days partition the table. A date at the edge of the calendar fits none."""
    if not 1 < moment.year < 9999:
        raise RecordError(None, f"a date is out of range: {moment.isoformat()}")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _whole(value: int | float | None) -> int | None:
    """Milliseconds or a count as INT64; a value that no table can hold spoils its record, not the batch."""
    if value is None:
        return None
    if not _SMALLEST <= value <= _LARGEST:
        raise RecordError(None, f"a metric's value is out of range: {value}")
    return round(value)


def _times(legs: list[_Leg]) -> _Times:
    times = _Times()
    for leg in legs:
        if sums := leg.sums:
            if leg.participant.purpose == "acd":
                times.wait = _plus(times.wait, sums.get("tAcd"))
            talk, hold = sums.get("tTalkComplete"), sums.get("tHeldComplete")
            times.talk = _plus(times.talk, sums.get("tTalk") if talk is None else talk)
            times.hold = _plus(times.hold, sums.get("tHeld") if hold is None else hold)
            times.wrap_up = _plus(times.wrap_up, sums.get("tAcw"))
            times.handle = _plus(times.handle, sums.get("tHandle"))
    return times


def _plus(total: int | None, value: int | None) -> int | None:
    if value is None or total is None:
        return total if value is None else value
    return total + value


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
    if conversation.conversation_end is None:
        return "open"
    if not queued:
        return "non_acd"
    if handled:
        return "answered"
    if "tAbandon" in present:
        return "abandoned"
    if any(leg.session.media_type == "callback" for leg in legs):
        return "callback"
    if "tVoicemail" in present:
        return "voicemail"
    return "flow_out" if "tFlowOut" in present else None
