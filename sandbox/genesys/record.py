"""Turns a plan into the record that the API serves: participants, sessions, segments and metrics with wire names."""

from collections.abc import Iterable

from .agents import agent, outbound
from .customers import customer, flow, voicemail
from .draft import Draft, Facts, Metric, Participant, Segment, Session
from .identifiers import stable_uuid
from .instants import iso
from .organization import Organization
from .parts import Parts
from .plan import Evaluation, Plan, Visit

_DISCONNECTS = {
    "answered": "transfer",
    "abandoned": "peer",
    "flow_out": "transfer",
    "voicemail": "transfer",
    "expired": "timeout",
}


def draft_record(plan: Plan, organization: Organization, *, attributes: bool = False) -> Draft:
    """The record of a conversation's whole life; `draft.view` shows it as of a moment.

    `attributes` adds the participant attributes that only job results carry.
    """
    parts = Parts(plan, organization)
    facts: Facts = {
        "conversationId": plan.id,
        "conversationStart": iso(plan.start),
        "originatingDirection": plan.direction,
        "divisionIds": [organization.division.id],
        "conversationInitiator": "agent" if plan.call else "customer",
    }
    later: list[tuple[int, Facts]] = []
    if plan.media == "voice":
        worst = {
            "mediaStatsMinConversationMos": parts.quality,
            "mediaStatsMinConversationRFactor": round(parts.quality * 19.1, 6),
        }
        later.append((plan.closed_at, worst))
    if plan.evaluation:
        later.append((plan.evaluation.at, {"evaluations": [_evaluation(plan.id, plan.evaluation, organization)]}))
    participants = outbound(parts, plan.call) if plan.call else _inbound(parts, attributes)
    return Draft(plan, facts, list(participants), later)


def _inbound(parts: Parts, attributes: bool) -> Iterable[Participant]:
    plan = parts.plan
    yield customer(parts, attributes)
    yield from (flow(parts, menu) for menu in plan.menus if menu.start == plan.start)
    for visit in plan.visits:
        yield _acd(parts, visit)
        yield from (agent(parts, visit, ring) for ring in visit.rings)
    yield from (flow(parts, menu) for menu in plan.menus if menu.start > plan.start)
    if plan.voicemail:
        yield voicemail(parts, *plan.voicemail)


def _acd(parts: Parts, visit: Visit) -> Participant:
    facts = parts.session(parts.plan.media) | {"peerId": parts.customer_session, "requestedRoutings": ["Standard"]}
    if visit.skills:
        facts["activeSkillIds"] = [skill.id for skill in visit.skills]
    known: Facts = {}
    if visit.ending == "answered":
        known = {"selectedAgentId": visit.rings[-1].agent.id}
    elif visit.ending in ("flow_out", "voicemail"):
        known = {"flowOutType": "VOICEMAIL" if visit.ending == "voicemail" else "WORKFLOW"}
    disconnect = {"disconnectType": _DISCONNECTS[visit.ending]}
    segment = Segment("interact", visit.entered, visit.left, parts.routing(visit), disconnect)
    session = Session(facts, [segment], list(_queue_metrics(parts.plan, visit)), [(visit.left, known)])
    return parts.participant("acd", visit.queue.name(visit.entered), [session])


def _queue_metrics(plan: Plan, visit: Visit) -> Iterable[Metric]:
    yield Metric("nOffered", 1, visit.entered)
    yield Metric("tAcd", visit.wait, visit.left)
    if visit.ending == "abandoned":
        yield Metric("tAbandon", visit.wait, visit.left)
        if visit.short:
            yield Metric("tShortAbandon", visit.wait, visit.left)
    elif visit.ending in ("flow_out", "voicemail"):
        yield Metric("tFlowOut", visit.wait, visit.left)
    elif visit.ending == "answered" and plan.media != "callback" and visit.wait > visit.queue.target:
        yield Metric("nOverSla", 1, visit.left)


def _evaluation(conversation: str, evaluation: Evaluation, organization: Organization) -> Facts:
    return {
        "evaluationId": stable_uuid(conversation, "evaluation"),
        "evaluationStatus": "Finished",
        "evaluatorId": organization.users[0].id,
        "eventTime": iso(evaluation.at),
        "formId": stable_uuid(organization.id, "form"),
        "formName": "Contact review",
        "queueId": evaluation.queue.id,
        "userId": evaluation.agent.id,
        "released": True,
        "rescored": False,
        "deleted": False,
        "oTotalScore": evaluation.score,
    }
