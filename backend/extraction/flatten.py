"""One Genesys conversation as one flat record: pure, no clock, no lookups; ids stand where names will.

The derivations are those of the published metric definitions: design of the table in `schema/interaction_details.yaml`.
Durations are integer milliseconds here and become seconds in the row. Each record is walked once: at thousands of
records a second the steps a record takes are what counts.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec

from backend.extraction.records import Conversation, Participant, RecordError, Segment, Session, SessionMetric

# The metrics that Genesys's own queue views count, each at the moment it was emitted.
COUNTED_METRICS = frozenset(
    {
        "nOffered", "tAnswered", "nOverSla", "tAbandon", "tShortAbandon", "tFlowOut", "tAcd",
        "tTalkComplete", "tHeldComplete", "tAcw", "tHandle", "nTransferred",
    }
)  # fmt: skip
# Those that a row or an event is made of, and whether they count; all others are passed over.
_KEPT_METRICS = dict.fromkeys(COUNTED_METRICS, True) | dict.fromkeys(("tTalk", "tHeld", "tVoicemail"), False)

_HANDLING_PURPOSES = frozenset({"agent", "user"})
_CUSTOMER_PURPOSES = frozenset({"customer", "external"})
_HANDLED = frozenset({"tAnswered", "tTalk"})


class MetricEvent(msgspec.Struct, gc=False, frozen=True, array_like=True):
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
        """Hash over all of it, whatever the order of its events.

        Names are not part of it, so a renamed queue is no new revision.
        """
        *row, events = msgspec.structs.astuple(self)
        texts = [_ENCODER.encode(row), *sorted(map(_ENCODER.encode, events))]
        return hashlib.blake2b(b"".join(texts), digest_size=16).hexdigest()


_ENCODER = msgspec.msgpack.Encoder()
_LEG_ORDER = attrgetter("start")


class _Leg(msgspec.Struct, gc=False):
    """A session with its first moment, by which legs are ordered, its first queue and latest wrap-up code.

    `sums` are its kept metrics, added up; None for a metric that is there without a value.
    """

    start: datetime
    participant: Participant
    session: Session
    queue_id: str | None
    wrap_up: tuple[datetime, str] | None
    sums: dict[str, int | None]


def flatten(conversation: Conversation, now: datetime) -> FlatConversation:
    """The flat record of a conversation as read at `now` (aware); dates after `now` do not count as updates.

    Raises `RecordError` where a value fits no table.
    """
    reading = _Reading(conversation)
    legs, present = reading.legs, reading.present
    acd: list[_Leg] = []
    customer = handled = None
    for leg in legs:
        purpose = leg.participant.purpose
        if purpose == "acd":
            acd.append(leg)
        elif purpose in _CUSTOMER_PURPOSES:
            customer = leg
        elif purpose in _HANDLING_PURPOSES and not _HANDLED.isdisjoint(leg.sums):
            handled = leg
    queues = [leg.queue_id for leg in acd if leg.queue_id]
    agent = handled.participant if handled else None
    sums = [leg.sums for leg in legs if leg.sums]
    return FlatConversation(
        id=conversation.conversation_id,
        created_date=_utc(conversation.conversation_start),
        updated_date=_utc(_latest(reading.dates, now, conversation.conversation_start)),
        ended_date=_utc(conversation.conversation_end) if conversation.conversation_end else None,
        channel=customer.session.media_type if customer else None,
        direction=conversation.originating_direction,
        queue_id=queues[-1] if queues else None,
        first_queue_id=queues[0] if queues else None,
        skill_ids=tuple(sorted(reading.skills)),
        agent_id=agent.user_id if agent else None,
        team_id=agent.team_id if agent else None,
        wait_ms=_total([leg.sums for leg in acd], "tAcd"),
        talk_ms=_total(sums, "tTalkComplete", "tTalk"),
        hold_ms=_total(sums, "tHeldComplete", "tHeld"),
        wrap_up_ms=_total(sums, "tAcw"),
        handle_ms=_total(sums, "tHandle"),
        disposition_id=_disposition(legs, agent) if agent else None,
        outcome=_outcome(conversation, legs, bool(acd), agent is not None, present),
        abandoned="tAbandon" in present,
        answered=agent is not None,
        transferred="nTransferred" in present,
        events=tuple(reading.events),
    )


class _Reading:
    """One walk over a conversation.

    `legs` in order of time, `events` as they come, `dates` all dates of the record, `present` the names of its kept
    metrics.
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

    def _leg(self, default: datetime, participant: Participant, session: Session) -> _Leg:
        start, queue_id, wrap_up = self._segments(session.segments or (), default)
        if session.delivery_status_change_date:
            self.dates.append(session.delivery_status_change_date)
        agent_id = None if participant.purpose == "acd" else participant.user_id
        sums = self._metrics(session.metrics, queue_id, agent_id, session.media_type) if session.metrics else {}
        return _Leg(start, participant, session, queue_id, wrap_up, sums)

    def _segments(
        self, segments: Sequence[Segment], default: datetime
    ) -> tuple[datetime, str | None, tuple[datetime, str] | None]:
        """The first moment, the queue of the first segment that has one, and the last wrap-up code."""
        seen, first, queued_at, queue_id, wrap_up = self.dates.append, None, None, None, None
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
            code = segment.wrap_up_code
            if code and segment.segment_type == "wrapup" and (wrap_up is None or start >= wrap_up[0]):
                wrap_up = start, code
        return first or default, queue_id, wrap_up

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
            counts = _KEPT_METRICS.get(name)
            if counts is None:
                continue
            value = metric.value
            if isinstance(value, float):
                value = round(value)
            known = sums.get(name)
            sums[name] = value if known is None else known + (value or 0)
            if counts and emitted_at and value is not None:
                # What `_utc` does, without a call where there is nothing to do.
                in_utc = emitted_at.tzinfo is UTC and 1 < emitted_at.year < 9999
                moment = emitted_at if in_utc else _utc(emitted_at)
                self.events.append(MetricEvent(name, moment, value, queue_id, agent_id, channel))
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


def _total(sums: list[dict[str, int | None]], metric: str, instead: str = "") -> int | None:
    """Over all sessions; a session that lacks the metric counts with the other one, None where all lack both."""
    total = None
    for one in sums:
        value = one.get(metric)
        if value is None:
            value = one.get(instead)
        if value is not None:
            total = value if total is None else total + value
    return total


def _disposition(legs: list[_Leg], agent: Participant) -> str | None:
    """The agent's latest wrap-up code; a wrap-up segment may carry none."""
    latest = None
    for leg in legs:
        if leg.participant is agent and leg.wrap_up and (latest is None or leg.wrap_up[0] >= latest[0]):
            latest = leg.wrap_up
    return latest[1] if latest else None


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
