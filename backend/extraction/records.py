"""The properties of a Genesys conversation that we read, by their wire names; msgspec skips all others.

Every property is optional on the wire (absent or null), except the conversation's id and start, without which there is
no row. Dates carry an offset; one without is refused, not guessed. Enumerations stay plain text, so that values newer
than this code pass through. Source: `AnalyticsConversation` of the conversation detail model.
"""

from datetime import datetime
from typing import Annotated

import msgspec

type Instant = Annotated[datetime, msgspec.Meta(tz=True)]


_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
type _Int64 = Annotated[int, msgspec.Meta(ge=_SMALLEST, le=_LARGEST)]
type _Float64 = Annotated[float, msgspec.Meta(gt=_SMALLEST, lt=_LARGEST)]


class _Wire(msgspec.Struct, rename="camel", gc=False):
    pass


class SessionMetric(_Wire):
    """One emitted metric: `t...` in milliseconds, `n...` a count. A value that no INT64 holds spoils its record."""

    name: str
    value: _Int64 | _Float64 | None = None
    emit_date: Instant | None = None


class Segment(_Wire):
    segment_start: Instant | None = None
    segment_end: Instant | None = None
    segment_type: str | None = None
    queue_id: str | None = None
    requested_routing_skill_ids: list[str] | None = None
    wrap_up_code: str | None = None


class Session(_Wire):
    media_type: str | None = None
    segments: list[Segment] | None = None
    metrics: list[SessionMetric] | None = None
    delivery_status_change_date: Instant | None = None


class Participant(_Wire):
    purpose: str | None = None
    user_id: str | None = None
    team_id: str | None = None
    sessions: list[Session] | None = None


class QualityEvent(_Wire):
    """An evaluation, a survey or a resolution: only its dates matter here."""

    event_time: Instant | None = None
    survey_completed_date: Instant | None = None


class Conversation(_Wire):
    conversation_id: Annotated[str, msgspec.Meta(min_length=1)]
    conversation_start: Instant
    conversation_end: Instant | None = None
    originating_direction: str | None = None
    participants: list[Participant] | None = None
    evaluations: list[QualityEvent] | None = None
    surveys: list[QualityEvent] | None = None
    resolutions: list[QualityEvent] | None = None


class ConversationId(_Wire):
    """Just the id, to name a record that cannot be read as a whole."""

    conversation_id: str | None = None


_DECODER = msgspec.json.Decoder(Conversation)
_ID_DECODER = msgspec.json.Decoder(ConversationId)


class RecordError(Exception):
    """A record that cannot become a row; says why. `conversation_id` is None where even that is unreadable."""

    def __init__(self, conversation_id: str | None, reason: str) -> None:
        super().__init__(reason)
        self.conversation_id = conversation_id
        self.reason = reason


def decode_conversation(raw: bytes | msgspec.Raw) -> Conversation:
    """One record from its JSON text; raises `RecordError`."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(decode_conversation_id(raw), str(error)) from None


def decode_conversation_id(raw: bytes | msgspec.Raw) -> str | None:
    """The id of a record whose other properties may be unreadable; None where it has none."""
    try:
        return _ID_DECODER.decode(raw).conversation_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
