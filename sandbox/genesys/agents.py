"""The staff's side of a record: agents rung from a queue, and calls that users make themselves."""

from collections.abc import Iterable, Sequence

from .draft import Facts, Metric, Participant, Segment, Session
from .parts import CUSTOMER, Parts
from .plan import Call, Ring, Stretch, Visit

_SEGMENTS = {"talk": "interact", "hold": "hold", "park": "parked"}
_METRICS = {"talk": ("tTalk", "tTalkComplete"), "hold": ("tHeld", "tHeldComplete"), "park": ("tPark", "tParkComplete")}
_HANG_UPS = {None: "peer", "blind": "transfer", "consult": "consultTransfer"}
_UNANSWERED = {"answered": {}, "not_responding": {"disconnectType": "timeout"}, "withdrawn": {"disconnectType": "peer"}}


def agent(parts: Parts, visit: Visit, ring: Ring) -> Participant:
    """An agent who was rung, with the work done where the agent answered."""
    media, routing = parts.plan.media, parts.routing(visit)
    facts = parts.session(media) | {"peerId": parts.customer_session, "requestedRoutings": ["Standard"]}
    facts["selectedAgentId"] = ring.agent.id
    alert = Segment("alert", ring.rung_at, ring.ended_at, routing, _UNANSWERED[ring.result])
    segments = [alert, *_work(ring.stretches, routing, _HANG_UPS[ring.transfer])]
    if ring.wrap_up:
        segments.append(Segment("wrapup", ring.wrap_up.start, ring.wrap_up.end, routing, {}, ring.wrap_up))
    later: list[tuple[int, Facts]] = []
    if ring.result == "answered":
        later = [(ring.ended_at, {"usedRouting": "Standard"}), *parts.media_stats(media, ring.hung_up)]
    metrics = sorted(_metrics(parts, visit, ring), key=lambda metric: metric.emitted)
    return parts.staff("agent", ring.agent, ring.rung_at, Session(facts, segments, metrics, later))


def outbound(parts: Parts, call: Call) -> Iterable[Participant]:
    """A call by a user to the outside: no queue, and contacting and dialing count as handling."""
    start = parts.plan.start
    stretches = () if call.reached is None else (Stretch("talk", call.reached, call.ended),)
    segments = [Segment("contacting", start, call.dialed), Segment("dialing", call.dialed, call.rang)]
    segments += _work(stretches, {}, "client")
    metrics = [
        Metric("tContacting", call.dialed - start, call.dialed),
        Metric("tDialing", call.rang - call.dialed, call.rang),
    ]
    metrics += [*_stretch_metrics(stretches), Metric("tHandle", call.ended - start, call.ended)]
    later = parts.media_stats("voice", call.ended) if stretches else []
    facts = parts.session("voice") | {"peerId": parts.customer_session}
    yield parts.staff("user", call.agent, start, Session(facts, segments, metrics, later))
    outside = [Segment("dialing", start, call.rang), *_work(stretches, {}, "peer")]
    connected = [Metric("nConnected", 1, call.rang)] if stretches else []
    session = Session(parts.session("voice") | {"sessionId": parts.customer_session}, outside, connected)
    yield parts.participant("external", CUSTOMER, [session])


def _work(stretches: Sequence[Stretch], routing: Facts, hang_up: str) -> list[Segment]:
    segments = [Segment(_SEGMENTS[stretch.kind], stretch.start, stretch.end, routing) for stretch in stretches]
    if segments:
        segments[-1].at_end = {"disconnectType": hang_up}
    return segments


def _metrics(parts: Parts, visit: Visit, ring: Ring) -> Iterable[Metric]:
    alerted = ring.ended_at - ring.rung_at
    yield Metric("tAlert", alerted, ring.ended_at)
    if ring.result == "not_responding":
        yield Metric("tNotResponding", alerted, ring.ended_at)
    # Genesys counts no answer for callbacks.
    if ring.result == "answered" and parts.plan.media != "callback":
        yield Metric("tAnswered", visit.wait, ring.ended_at)
    work = _stretch_metrics(ring.stretches)
    yield from work
    handled = sum(metric.value for metric in work if metric.name in ("tTalkComplete", "tHeldComplete"))
    if ring.wrap_up:
        yield Metric("tAcw", ring.wrap_up.counted, ring.wrap_up.end)
        handled += ring.wrap_up.counted
    if ring.stretches or ring.wrap_up:
        yield Metric("tHandle", handled, ring.released)
    # Most normal sessions carry it; it marks no failed contact.
    if (parts.plan.number + ring.rung_at) % 5:
        yield Metric("nError", 1, ring.hung_up)
    if ring.transfer:
        kinds = ("nBlindTransferred",) if ring.transfer == "blind" else ("nConsult", "nConsultTransferred")
        yield from (Metric(name, 1, ring.hung_up) for name in ("nTransferred", *kinds))


def _stretch_metrics(stretches: Sequence[Stretch]) -> list[Metric]:
    """One metric a stretch, and for each kind the sum once the contact is let go."""
    metrics = [Metric(_METRICS[stretch.kind][0], stretch.end - stretch.start, stretch.end) for stretch in stretches]
    for single, complete in _METRICS.values():
        values = [metric.value for metric in metrics if metric.name == single]
        if values:
            metrics.append(Metric(complete, sum(values), stretches[-1].end))
    return metrics
