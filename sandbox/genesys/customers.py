"""The customer's side of a record: the legs of the customer, flows, voicemail."""

from .draft import Facts, Metric, Participant, Segment, Session
from .identifiers import stable_uuid
from .parts import CUSTOMER, Parts
from .plan import Menu


def customer(parts: Parts, attributes: bool) -> Participant:
    """The customer; two sessions where a call turned into a callback."""
    plan = parts.plan
    menus: list[tuple[int, str, Facts]] = [(menu.start, "ivr", {}) for menu in plan.menus]
    visits: list[tuple[int, str, Facts]] = [
        (visit.entered, "interact", {"queueId": visit.queue.id}) for visit in plan.visits
    ]
    if plan.callback_from is None:
        legs = [_leg(parts, plan.start, plan.customer_left, menus + visits)]
    else:
        call = _leg(parts, plan.start, plan.callback_from, menus, media="voice")
        legs = [call, _leg(parts, plan.callback_from, plan.customer_left, visits)]
    participant = parts.participant("customer", CUSTOMER, legs)
    if attributes:
        participant.facts["attributes"] = {"reason": "general", "accountReference": f"A-{abs(plan.number):06}"}
    return participant


def _leg(parts: Parts, start: int, end: int, marks: list[tuple[int, str, Facts]], media: str = "") -> Session:
    """One session of the customer; `marks` are the moments at which a stretch in a flow or a queue begins."""
    facts = parts.session(media or parts.plan.media) | {"requestedRoutings": ["Standard"]}
    if not media:
        facts["sessionId"] = parts.customer_session
    marks = sorted(marks, key=lambda mark: mark[0])
    begins = [start, *(moment for moment, _, _ in marks[1:])]
    ends = [*begins[1:], end]
    segments = [
        Segment(kind, begin, finish, facts) for begin, finish, (_, kind, facts) in zip(begins, ends, marks, strict=True)
    ]
    segments[-1].at_end = {"disconnectType": _disconnect(parts)}
    metrics = [Metric("nConnected", 1, start), Metric("tConnected", end - start, end)]
    return Session(facts, segments, metrics, parts.media_stats(media or parts.plan.media, end))


def _disconnect(parts: Parts) -> str:
    if parts.plan.visits and parts.plan.visits[-1].ending == "abandoned":
        return "client"
    return "inactivity" if parts.plan.media == "message" else "peer"


def flow(parts: Parts, menu: Menu) -> Participant:
    """A flow that the contact passes through; how it was left is known at its end."""
    first, media = menu.start == parts.plan.start, parts.plan.media
    entered: Facts = {
        "flowId": stable_uuid(parts.organization.id, "flow", menu.flow),
        "flowName": menu.flow,
        "flowType": "INBOUNDCALL" if first else "WORKFLOW",
        "flowVersion": "3.0",
        "entryType": "dnis" if first else "flow",
        "startingLanguage": "en-us",
    }
    left: Facts = {"exitReason": "DISCONNECT", "endingLanguage": "en-us"}
    if menu.exit != "disconnect":
        left |= {"exitReason": "TRANSFER", "transferType": "ACD", "issuedCallback": menu.exit == "callback"}
    names = ("tIvr", "tFlow", "tFlowDisconnect" if menu.exit == "disconnect" else "tFlowExit")
    metrics = [Metric("nFlow", 1, menu.start), *(Metric(name, menu.end - menu.start, menu.end) for name in names)]
    facts = parts.session("voice" if media == "callback" else media)
    facts |= {"peerId": parts.customer_session, "flow": entered}
    segment = Segment("ivr", menu.start, menu.end, {}, {"disconnectType": "peer"})
    session = Session(facts, [segment], metrics, [(menu.end, {"flow": entered | left})])
    return parts.participant("ivr", menu.flow, [session])


def voicemail(parts: Parts, start: int, end: int) -> Participant:
    """A message left instead of waiting on."""
    segment = Segment("voicemail", start, end, {}, {"disconnectType": "peer"})
    facts = parts.session("voice") | {"peerId": parts.customer_session}
    metrics = [Metric("tVoicemail", end - start, end)]
    return parts.participant("voicemail", "Voicemail", [Session(facts, [segment], metrics)])
