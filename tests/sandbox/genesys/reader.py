"""Derives a conversation's numbers from its served record by the documented rules, knowing nothing of plans."""

from collections import Counter
from typing import Any, NamedTuple

from sandbox.genesys.instants import parse

type Record = dict[str, Any]

_PRECEDENCE = ("non_acd", "answered", "abandoned", "callback", "voicemail", "flow_out")


class Leg(NamedTuple):
    begin: str
    participant: Record
    session: Record
    sums: Counter[str]
    names: set[str]


def legs(record: Record, *purposes: str) -> list[Leg]:
    """Sessions by their first segment's start, document order where equal."""
    found = []
    for participant in record["participants"]:
        for session in participant["sessions"]:
            sums: Counter[str] = Counter()
            for metric in session["metrics"]:
                sums[metric["name"]] += metric["value"]
            begin = min(segment["segmentStart"] for segment in session["segments"])
            found.append(Leg(begin, participant, session, sums, set(sums)))
    return sorted((leg for leg in found if leg.participant["purpose"] in purposes), key=lambda leg: leg.begin)


def derive(record: Record) -> Record:
    """The fields of `Truth` that a record itself tells (ids, no names)."""
    queued, staff = legs(record, "acd"), legs(record, "agent", "user")
    handling = [leg for leg in staff if leg.names & {"tAnswered", "tTalk"}]
    queues = [queue_of(leg) for leg in queued]
    end = record.get("conversationEnd")
    return {
        "id": record["conversationId"],
        "start": parse(record["conversationStart"]),
        "end": parse(end) if end else None,
        "channel": legs(record, "customer", "external")[-1].session["mediaType"].upper(),
        "direction": record.get("originatingDirection"),
        "first_queue_id": queues[0] if queues else None,
        "queue_id": queues[-1] if queues else None,
        "agent_id": handling[-1].participant["userId"] if handling else None,
        "wait": total(queued, "tAcd"),
        "talk": total(staff, "tTalkComplete", "tTalk"),
        "hold": total(staff, "tHeldComplete", "tHeld"),
        "acw": total(staff, "tAcw"),
        "handle": total(staff, "tHandle"),
        "answered": bool(handling),
        "abandoned": any("tAbandon" in leg.names for leg in queued),
        "transferred": any("nTransferred" in leg.names for leg in staff),
        "outcome": outcome(record, queued, bool(handling)) if end else "open",
        "wrap_up_code": code_of(handling[-1]) if handling else None,
    }


def queue_of(leg: Leg) -> str | None:
    return next((segment["queueId"] for segment in leg.session["segments"] if "queueId" in segment), None)


def code_of(leg: Leg) -> str | None:
    codes = [segment["wrapUpCode"] for segment in leg.session["segments"] if "wrapUpCode" in segment]
    return codes[-1] if codes else None


def total(chosen: list[Leg], name: str, otherwise: str = "") -> int | None:
    """The sum of a metric, in each session that lacks it of another one; None where no session has either."""
    values = [
        leg.sums[name] if name in leg.names else leg.sums[otherwise] for leg in chosen if leg.names & {name, otherwise}
    ]
    return sum(values) if values else None


def outcome(record: Record, queued: list[Leg], handled: bool) -> str | None:
    everything = legs(record, *(participant["purpose"] for participant in record["participants"]))
    holds = {
        "non_acd": not queued,
        "answered": handled,
        "abandoned": any("tAbandon" in leg.names for leg in queued),
        "callback": any(leg.session["mediaType"] == "callback" for leg in everything),
        "voicemail": any("tVoicemail" in leg.names for leg in everything),
        "flow_out": any("tFlowOut" in leg.names for leg in queued),
    }
    return next((name for name in _PRECEDENCE if holds[name]), None)
