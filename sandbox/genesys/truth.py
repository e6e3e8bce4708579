"""What is true of a conversation at one moment, worked out from its plan and never from the record that is served.

An end-to-end test compares what the product shows with this.
"""

from dataclasses import dataclass

from .organization import Organization
from .plan import Direction, Plan, Ring, Visit

type Milliseconds = int


@dataclass(frozen=True, slots=True)
class Truth:
    """One conversation, flat. Moments are milliseconds since 1970; what does not (yet) apply is None."""

    id: str
    start: Milliseconds
    end: Milliseconds | None
    channel: str
    direction: Direction | None
    first_queue_id: str | None
    first_queue_name: str | None
    queue_id: str | None
    queue_name: str | None
    skill_names: tuple[str, ...]
    agent_id: str | None
    agent_name: str | None
    team_name: str | None
    location_name: str | None
    wait: Milliseconds | None
    talk: Milliseconds | None
    hold: Milliseconds | None
    acw: Milliseconds | None
    handle: Milliseconds | None
    answered: bool
    abandoned: bool
    transferred: bool
    outcome: str | None
    wrap_up_code: str | None
    wrap_up_name: str | None


def tell_truth(plan: Plan, organization: Organization, now: int) -> Truth:
    """The state of a conversation that has begun by `now`; names are those of `now`."""
    visits = [visit for visit in plan.visits if visit.entered <= now]
    handling = [ring for visit in visits for ring in visit.rings if _handled(plan, ring, now)]
    agent = handling[-1].agent if handling else None
    if plan.call and plan.call.reached is not None and plan.call.ended <= now:
        agent = plan.call.agent
    code = _code(handling[-1], now) if handling else None
    first, last = (visits[0].queue, visits[-1].queue) if visits else (None, None)
    return Truth(
        id=plan.id,
        start=plan.start,
        end=plan.end(now),
        channel=_channel(plan, now),
        direction=None if "originatingDirection" in plan.omitted else plan.direction,
        first_queue_id=first.id if first else None,
        first_queue_name=first.name(now) if first else None,
        queue_id=last.id if last else None,
        queue_name=last.name(now) if last else None,
        skill_names=tuple(sorted({skill.name(now) for visit in visits for skill in visit.skills})),
        agent_id=agent.id if agent else None,
        agent_name=agent.name(now) if agent else None,
        team_name=agent.team.name(now) if agent and agent.team else None,
        location_name=agent.location.name(now) if agent and agent.location else None,
        wait=_sum([visit.wait for visit in visits if visit.left <= now]),
        talk=_sum(_stretches(plan, "talk", now)),
        hold=_sum(_stretches(plan, "hold", now)),
        acw=_sum([_after_call(ring) for ring in plan.rings if ring.wrap_up and ring.wrap_up.end <= now]),
        handle=_sum(_handles(plan, now)),
        answered=agent is not None,
        abandoned=any(_ended(visit, "abandoned", now) for visit in visits),
        transferred=any(ring.transfer and ring.hung_up <= now for ring in plan.rings),
        outcome=_outcome(plan, visits, agent is not None, now),
        wrap_up_code=code,
        wrap_up_name=organization.codes_by_id[code].name(now) if code in organization.codes_by_id else code,
    )


def _handled(plan: Plan, ring: Ring, now: int) -> bool:
    """Whether an agent is seen to handle: from the answer on, for callbacks from the end of the first talk on."""
    if ring.result != "answered":
        return False
    return now >= (ring.stretches[0].end if plan.media == "callback" else ring.ended_at)


def _channel(plan: Plan, now: int) -> str:
    if plan.callback_from is not None and now < plan.callback_from:
        return "VOICE"
    return plan.media.upper()


def _code(ring: Ring, now: int) -> str | None:
    return ring.wrap_up.code_as_of(now) if ring.wrap_up else None


def _stretches(plan: Plan, kind: str, now: int) -> list[int]:
    stretches = [stretch for ring in plan.rings for stretch in ring.stretches]
    lengths = [stretch.end - stretch.start for stretch in stretches if stretch.kind == kind and stretch.end <= now]
    if kind == "talk" and plan.call and plan.call.reached is not None and plan.call.ended <= now:
        lengths.append(plan.call.ended - plan.call.reached)
    return lengths


def _after_call(ring: Ring) -> int:
    return ring.wrap_up.counted if ring.wrap_up else 0


def _handles(plan: Plan, now: int) -> list[int]:
    """Talk, hold and after-call work of each agent who is done; of a user's call, all of it from the first moment."""
    if plan.call:
        return [plan.call.ended - plan.start] if plan.call.ended <= now else []
    return [
        sum(stretch.end - stretch.start for stretch in ring.stretches if stretch.kind != "park") + _after_call(ring)
        for ring in plan.rings
        if (ring.stretches or ring.wrap_up) and ring.released <= now
    ]


def _ended(visit: Visit, ending: str, now: int) -> bool:
    return visit.ending == ending and visit.left <= now


def _outcome(plan: Plan, visits: list[Visit], answered: bool, now: int) -> str | None:
    if plan.end(now) is None:
        return "open"
    cases = {
        "non_acd": not visits,
        "answered": answered,
        "abandoned": any(visit.ending == "abandoned" for visit in visits),
        "callback": plan.media == "callback",
        "voicemail": plan.voicemail is not None,
        "flow_out": any(visit.ending == "flow_out" for visit in visits),
    }
    return next((name for name, holds in cases.items() if holds), None)


def _sum(values: list[int]) -> int | None:
    return sum(values) if values else None
