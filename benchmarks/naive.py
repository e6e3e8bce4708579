"""The same rows by the usual means: `requests`, `.json()` and dictionaries. What extraction is measured against."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import requests

from backend.extraction.flatten import COUNTED_METRICS

type Json = dict[str, Any]

_RESULTS = "/api/v2/analytics/conversations/details/jobs/benchmark/results"


def read_pages(url: str) -> Iterator[list[Json]]:
    """The conversations of a job, a page at a time."""
    with requests.Session() as session:
        cursor = None
        while True:
            params = {"pageSize": "1000"} | ({"cursor": cursor} if cursor else {})
            body = session.get(url + _RESULTS, params=params, timeout=60).json()
            yield body.get("conversations", [])
            cursor = body.get("cursor")
            if not cursor:
                return


def flatten(conversation: Json, now: datetime) -> Json:
    """The row of a conversation, its events included; the same values as `backend.extraction.flatten` gives."""
    legs = sorted(_legs(conversation), key=lambda leg: leg["start"])
    acd = [leg for leg in legs if leg["purpose"] == "acd"]
    handled = [leg for leg in legs if leg["purpose"] in ("agent", "user") and _has(leg, "tAnswered", "tTalk")]
    customer = [leg for leg in legs if leg["purpose"] in ("customer", "external")]
    queues = [leg["queue"] for leg in acd if leg["queue"]]
    agent = handled[-1]["participant"] if handled else {}
    end = conversation.get("conversationEnd")
    return {
        "id": conversation["conversationId"],
        "created_date": _moment(conversation["conversationStart"]),
        "updated_date": max(date for date in _dates(conversation) if date <= now),
        "ended_date": _moment(end) if end else None,
        "channel": customer[-1]["session"].get("mediaType") if customer else None,
        "direction": conversation.get("originatingDirection"),
        "queue_id": queues[-1] if queues else None,
        "first_queue_id": queues[0] if queues else None,
        "skill_ids": sorted({skill for leg in legs for skill in leg["skills"]}),
        "agent_id": agent.get("userId"),
        "team_id": agent.get("teamId"),
        "wait_ms": _sum(acd, "tAcd"),
        "talk_ms": _sum(legs, "tTalkComplete", "tTalk"),
        "hold_ms": _sum(legs, "tHeldComplete", "tHeld"),
        "wrap_up_ms": _sum(legs, "tAcw"),
        "handle_ms": _sum(legs, "tHandle"),
        "disposition_id": _disposition(agent),
        "outcome": _outcome(conversation, legs, acd, handled),
        "abandoned": any(_has(leg, "tAbandon") for leg in legs),
        "answered": bool(handled),
        "transferred": any(_has(leg, "nTransferred") for leg in legs),
        "events": sorted(_events(legs), key=lambda event: (event["emitted_at"], event["metric"], event["value"])),
    }


def record_hash(row: Json) -> str:
    return hashlib.blake2b(json.dumps(row, default=str).encode(), digest_size=16).hexdigest()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _legs(conversation: Json) -> Iterator[Json]:
    for participant in conversation.get("participants", []):
        for session in participant.get("sessions", []):
            segments = sorted(session.get("segments", []), key=lambda segment: segment["segmentStart"])
            yield {
                "start": segments[0]["segmentStart"] if segments else conversation["conversationStart"],
                "purpose": participant.get("purpose"),
                "participant": participant,
                "session": session,
                "queue": next((segment["queueId"] for segment in segments if segment.get("queueId")), None),
                "skills": [s for segment in segments for s in segment.get("requestedRoutingSkillIds", [])],
                "metrics": session.get("metrics", []),
            }


def _dates(conversation: Json) -> Iterator[datetime]:
    yield _moment(conversation["conversationStart"])
    if conversation.get("conversationEnd"):
        yield _moment(conversation["conversationEnd"])
    for kind in ("evaluations", "surveys", "resolutions"):
        for event in conversation.get(kind, []):
            for name in ("eventTime", "surveyCompletedDate"):
                if event.get(name):
                    yield _moment(event[name])
    for participant in conversation.get("participants", []):
        for session in participant.get("sessions", []):
            if session.get("deliveryStatusChangeDate"):
                yield _moment(session["deliveryStatusChangeDate"])
            for metric in session.get("metrics", []):
                yield _moment(metric["emitDate"])
            for segment in session.get("segments", []):
                yield _moment(segment["segmentStart"])
                if segment.get("segmentEnd"):
                    yield _moment(segment["segmentEnd"])


def _has(leg: Json, *names: str) -> bool:
    return any(metric["name"] in names for metric in leg["metrics"])


def _sum(legs: list[Json], name: str, instead: str | None = None) -> int | None:
    values = []
    for leg in legs:
        found = [metric["value"] for metric in leg["metrics"] if metric["name"] == name]
        values += found or [metric["value"] for metric in leg["metrics"] if metric["name"] == instead]
    return sum(values) if values else None


def _disposition(agent: Json) -> str | None:
    wrap_ups = [
        segment
        for session in agent.get("sessions", [])
        for segment in session.get("segments", [])
        if segment["segmentType"] == "wrapup" and segment.get("wrapUpCode")
    ]
    return max(wrap_ups, key=lambda segment: segment["segmentStart"])["wrapUpCode"] if wrap_ups else None


def _outcome(conversation: Json, legs: list[Json], acd: list[Json], handled: list[Json]) -> str | None:
    present = {metric["name"] for leg in legs for metric in leg["metrics"]}
    predicates = {
        "open": "conversationEnd" not in conversation,
        "non_acd": not acd,
        "answered": bool(handled),
        "abandoned": "tAbandon" in present,
        "callback": any(leg["session"].get("mediaType") == "callback" for leg in legs),
        "voicemail": "tVoicemail" in present,
        "flow_out": "tFlowOut" in present,
    }
    return next((outcome for outcome, holds in predicates.items() if holds), None)


def _events(legs: list[Json]) -> Iterator[Json]:
    for leg in legs:
        for metric in leg["metrics"]:
            if metric["name"] in COUNTED_METRICS:
                yield {
                    "metric": metric["name"],
                    "emitted_at": _moment(metric["emitDate"]),
                    "value": metric["value"],
                    "queue_id": leg["queue"],
                    "agent_id": None if leg["purpose"] == "acd" else leg["participant"].get("userId"),
                    "channel": leg["session"].get("mediaType"),
                }
