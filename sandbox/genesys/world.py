"""The simulated past and present: every conversation that has begun, found by UTC day or by id, as of a moment."""

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

import orjson

from .arrivals import Arrivals
from .draft import view
from .identifiers import conversation_number
from .instants import DAY
from .organization import Organization
from .plan import Plan
from .record import draft_record
from .revisions import keep_leg_open, revise
from .stories import draw_plan
from .truth import Truth, tell_truth

_RECORDS_KEPT = 8_192


class World:
    """One seed and one first start make one world.

    `conversations` of them begin in the `days` before `first_start` (milliseconds since 1970), and as many an hour
    of the week go on beginning afterwards. A few more began in the 59 days before; their leg stays open for as long.
    Agents are not kept from being busy twice at a time.
    """

    def __init__(self, seed: int, first_start: int, conversations: int = 20_000, days: int = 7) -> None:
        if conversations < 1 or days < 1:
            raise ValueError(f"a world needs at least 1 conversation and 1 day, not {conversations} and {days}")
        self.seed = seed
        self.first_start = first_start
        self.origin = first_start - days * DAY
        self.organization = Organization(seed, first_start)
        self._arrivals = Arrivals(seed, self.origin, first_start, conversations)
        self.earliest = self._arrivals.earliest
        self._days: dict[int, tuple[Plan, ...]] = {}
        self._records: OrderedDict[tuple[Plan, bool], tuple[int, int, bytes]] = OrderedDict()
        self._drawing, self._keeping = Lock(), Lock()

    def day(self, day: int) -> tuple[Plan, ...]:
        """All conversations that ever begin on a UTC day (counted from 1970-01-01), by start, as first told."""
        with self._drawing:
            if day not in self._days:
                self._days[day] = tuple(self._draw(number, start) for number, start in self._arrivals.on(day))
            return self._days[day]

    def begun(self, days: range, now: int) -> Iterator[Plan]:
        """Conversations of some UTC days that exist at `now`, by start, as the platform tells them then."""
        present = (day for day in days if day <= now // DAY)
        return (plan.at(now) for day in present for plan in self.day(day) if plan.exists(now))

    def find(self, identity: str, now: int) -> Plan | None:
        """The conversation with an id as told at `now`; None where there is none, none yet, or no more."""
        number = conversation_number(self.seed, identity)
        start = None if number is None else self._arrivals.start(number)
        if start is None or start > now:
            return None
        return next(
            (plan for plan in self.begun(range(start // DAY, start // DAY + 1), now) if plan.id == identity), None
        )

    def record(self, plan: Plan, now: int, *, attributes: bool = False) -> bytes:
        """A conversation's record as JSON with nothing of what comes after `now`, as `plan` tells it."""
        key = (plan, attributes)
        with self._keeping:
            since, until, body = self._records.get(key, (0, 0, b""))
        if since <= now < until:
            return body
        served, until = view(draft_record(plan, self.organization, attributes=attributes), now)
        body = orjson.dumps(served)
        with self._keeping:
            self._records[key] = (now, until, body)
            self._records.move_to_end(key)
            if len(self._records) > _RECORDS_KEPT:
                self._records.popitem(last=False)
        return body

    def truth(self, now: int, since: int | None = None) -> list[Truth]:
        """What is true at `now` of each conversation that began at or after `since` (else: the origin), by start.

        Deleted ones are left out, and, with no `since`, the few older ones whose leg stays open for weeks.
        """
        since = self.origin if since is None else since
        begun = self.begun(range(since // DAY, now // DAY + 1), now)
        return [tell_truth(plan, self.organization, now) for plan in begun if plan.start >= since]

    def _draw(self, number: int, start: int) -> Plan:
        plan = draw_plan(self.seed, number, start, self.organization)
        return revise(keep_leg_open(plan, self.seed) if number < 0 else plan, self.seed, self.organization)
