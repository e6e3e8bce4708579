"""Conversations of the scripted source."""

from datetime import datetime, timedelta

from tests.extraction.records import START, Json, acd, agent, conversation, metric, participant, segment


def call(
    identity: str, began: datetime, *, talk: int = 60_000, ended: bool = True, later: float = 0, queue: str = "q1"
) -> Json:
    """A call answered after four minutes and ended after six; its wrap-up came `later` minutes after that."""
    minute = (began - START) / timedelta(minutes=1)
    metrics = [metric("tTalk", talk, minute + 4)]
    segments = [segment(minute + 1)]
    if ended:
        metrics += [metric("tTalkComplete", talk, minute + 6), metric("tHandle", talk + 1_000, minute + 6 + later)]
        segments.append(segment(minute + 6, minute + 6 + later, segmentType="wrapup", wrapUpCode="w1"))
    return conversation(
        participant("customer", segments=[segment(minute)]),
        acd(queue, metric("nOffered", 1, minute), metric("tAcd", 11_179, minute + 4), start=minute),
        agent("u1", *metrics, segments=segments, teamId="t1"),
        identity=identity,
        start=minute,
        end=minute + 6 if ended else None,
    )
