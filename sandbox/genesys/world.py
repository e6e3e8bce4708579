"""The simulated past and present: every conversation that has begun, found by UTC day or by id, as of a moment."""

from collections import OrderedDict
from threading import Lock

import orjson

from .arrivals import Arrivals
from .draft import view
from .identifiers import conversation_number
from .instants import DAY
from .organization import Organization
from .plan import Plan
from .record import draft_record
from .stories import draw_plan
from .truth import Truth, tell_truth

_RECORDS_KEPT = 8_192


class World:
    """One seed and one first start make one world.

    `conversations` of them begin in the `days` before `first_start` (milliseconds since 1970), and as many an hour
    of the week go on beginning afterwards. Agents are not kept from being busy twice at a time.
    """

    def __init__(self, seed: int, first_start: int, conversations: int = 20_000, days: int = 7) -> None:
        if conversations < 1 or days < 1:
            raise ValueError(f"a world needs at least 1 conversation and 1 day, not {conversations} and {days}")
        self.seed = seed
        self.first_start = first_start
        self.origin = first_start - days * DAY
        self.organization = Organization(seed, first_start)
        self._arrivals = Arrivals(seed, self.origin, first_start, conversations)
        self._days: dict[int, tuple[Plan, ...]] = {}
        self._records: OrderedDict[str, tuple[int, int, bytes]] = OrderedDict()
        self._drawing, self._keeping = Lock(), Lock()

    def day(self, day: int) -> tuple[Plan, ...]:
        """All conversations that ever begin on a UTC day (counted from 1970-01-01), by start."""
        with self._drawing:
            if day not in self._days:
                self._days[day] = tuple(
                    draw_plan(self.seed, number, start, self.organization) for number, start in self._arrivals.on(day)
                )
            return self._days[day]

    def find(self, identity: str, now: int) -> Plan | None:
        """The conversation with an id; None where there is none, or none yet."""
        number = conversation_number(self.seed, identity)
        if number is None:
            return None
        start = self._arrivals.start(number)
        if start > now:
            return None
        return next((plan for plan in self.day(start // DAY) if plan.number == number), None)

    def record(self, plan: Plan, now: int) -> bytes:
        """A conversation's record as JSON, with nothing of what comes after `now`."""
        with self._keeping:
            since, until, body = self._records.get(plan.id, (0, 0, b""))
        if since <= now < until:
            return body
        served, until = view(draft_record(plan, self.organization), now)
        body = orjson.dumps(served)
        with self._keeping:
            self._records[plan.id] = (now, until, body)
            self._records.move_to_end(plan.id)
            if len(self._records) > _RECORDS_KEPT:
                self._records.popitem(last=False)
        return body

    def truth(self, now: int) -> list[Truth]:
        """What is true at `now` of each conversation that has begun, by start."""
        days = range(self.origin // DAY, now // DAY + 1)
        return [tell_truth(plan, self.organization, now) for day in days for plan in self.day(day) if plan.start <= now]
