"""A conversation record with the moment at which each of its facts becomes known, and the view of it at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .instants import iso
from .plan import Plan, WrapUp

type Facts = dict[str, Any]

NEVER = 2**62


class Metric(NamedTuple):
    """A session metric: milliseconds for `t..`, a count for `n..`; `emitted` in milliseconds since 1970."""

    name: str
    value: int
    emitted: int


@dataclass(slots=True)
class Segment:
    """One stretch of a session; `at_end` holds what is known only once it is over."""

    kind: str
    start: int
    end: int
    facts: Facts = field(default_factory=dict)
    at_end: Facts = field(default_factory=dict)
    wrap_up: WrapUp | None = None


@dataclass(slots=True)
class Session:
    """One leg of a participant; `later` holds facts with the moment at which they become known."""

    facts: Facts
    segments: list[Segment]
    metrics: list[Metric]
    later: list[tuple[int, Facts]] = field(default_factory=list)


@dataclass(slots=True)
class Participant:
    facts: Facts
    sessions: list[Session]


@dataclass(slots=True)
class Draft:
    """A whole conversation; `later` as in a session."""

    plan: Plan
    facts: Facts
    participants: list[Participant]
    later: list[tuple[int, Facts]] = field(default_factory=list)


def view(draft: Draft, now: int) -> tuple[Facts, int]:
    """The record as served at `now`, and the moment at which it changes next (`NEVER` where it doesn't)."""
    viewer = _Viewer(now)
    record = viewer.conversation(draft)
    if draft.plan.omitted:
        record = _without(record, draft.plan.omitted)
    return record, viewer.next_change


class _Viewer:
    """Lets through what is past; notes the earliest moment that is still to come."""

    def __init__(self, now: int) -> None:
        self._now = now
        self.next_change = NEVER

    def conversation(self, draft: Draft) -> Facts:
        record = dict(draft.facts)
        end = draft.plan.end(self._now)
        if end is not None:
            record["conversationEnd"] = iso(end)
        self._past(draft.plan.closed_at)
        self._add_later(record, draft.later)
        participants = [self._participant(participant) for participant in draft.participants]
        record["participants"] = [participant for participant in participants if participant["sessions"]]
        return record

    def _participant(self, participant: Participant) -> Facts:
        sessions = [self._session(session) for session in participant.sessions]
        return participant.facts | {"sessions": [session for session in sessions if session["segments"]]}

    def _session(self, session: Session) -> Facts:
        served = dict(session.facts)
        self._add_later(served, session.later)
        served["segments"] = [self._segment(segment) for segment in session.segments if self._past(segment.start)]
        served["metrics"] = [
            {"name": metric.name, "value": metric.value, "emitDate": iso(metric.emitted)}
            for metric in session.metrics
            if self._past(metric.emitted)
        ]
        return served

    def _segment(self, segment: Segment) -> Facts:
        served = {"segmentStart": iso(segment.start), "segmentType": segment.kind, "conference": False, **segment.facts}
        if not self._past(segment.end):
            return served
        end = segment.end
        if segment.wrap_up and self._past(segment.wrap_up.coded_at):
            end = segment.wrap_up.end_as_of(self._now)
            if segment.wrap_up.code:
                served["wrapUpCode"] = segment.wrap_up.code
        return served | {"segmentEnd": iso(end)} | segment.at_end

    def _add_later(self, served: Facts, later: list[tuple[int, Facts]]) -> None:
        for moment, facts in later:
            if self._past(moment):
                served |= facts

    def _past(self, moment: int) -> bool:
        if moment <= self._now:
            return True
        self.next_change = min(self.next_change, moment)
        return False


def _without(value: Any, omitted: frozenset[str]) -> Any:
    """The same JSON value without some properties, at any depth."""
    if isinstance(value, Mapping):
        return {name: _without(item, omitted) for name, item in value.items() if name not in omitted}
    if isinstance(value, list):
        return [_without(item, omitted) for item in value]
    return value
