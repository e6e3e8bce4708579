"""What happens to conversations long after: rebuilds of the raw events, deletions, and legs that stayed open."""

from dataclasses import replace
from random import Random

from .instants import DAY, HOUR, SECOND
from .organization import Organization
from .plan import Plan, Ring

_REBUILT = 0.01
_DELETED = 0.002
_REBUILD_HOUR = 3 * HOUR


def revise(plan: Plan, seed: int, organization: Organization) -> Plan:
    """The plan with what becomes of it at least 48 hours after its end; for most, nothing."""
    rng = Random(f"{seed}/revision/{plan.number}")
    fate = rng.random()
    if fate < _DELETED:
        return replace(plan, deleted_at=plan.closed_at + rng.randrange(3 * DAY, 10 * DAY))
    if fate < _DELETED + _REBUILT and any(ring.wrap_up for ring in plan.rings):
        earliest = plan.closed_at + 2 * DAY + rng.randrange(2 * DAY)
        night = earliest - (earliest - _REBUILD_HOUR) % DAY + DAY
        return replace(plan, rebuilt=(night, _rebuilt(plan, rng, organization)))
    return plan


def keep_leg_open(plan: Plan, seed: int) -> Plan:
    """The plan with the customer's leg left open: it ends 59 to 60 days after the start, whatever the agents did.

    A user's own call is left as it is.
    """
    if plan.call:
        return plan
    length = Random(f"{seed}/open leg/{plan.number}").randrange(59 * DAY, 60 * DAY)
    return replace(plan, customer_left=plan.start + length)


def _rebuilt(plan: Plan, rng: Random, organization: Organization) -> Plan:
    """Other values at the same moments: after-call work counted differently, another code where there was one."""

    def corrected(ring: Ring) -> Ring:
        if not ring.wrap_up:
            return ring
        others = [code.id for code in organization.codes if code.id != ring.wrap_up.code]
        code = rng.choice(others) if ring.wrap_up.code else None
        return replace(ring, wrap_up=replace(ring.wrap_up, code=code, counted=ring.wrap_up.counted + 3 * SECOND))

    visits = tuple(replace(visit, rings=tuple(map(corrected, visit.rings))) for visit in plan.visits)
    return replace(plan, visits=visits)
