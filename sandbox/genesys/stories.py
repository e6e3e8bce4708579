"""Draws one conversation's life: which medium, which queues and agents, and how it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random

from .identifiers import conversation_id
from .instants import DAY, HOUR, MINUTE, SECOND
from .organization import TIMEOUT_CODE, MediaType, Organization, Queue, User
from .plan import Call, Ending, Evaluation, Menu, Plan, Ring, Stretch, Transfer, Visit, WrapUp

_MEDIA: dict[MediaType, int] = {"voice": 58, "message": 14, "email": 12, "chat": 9, "callback": 7}
_OMITTABLE = ("divisionIds", "provider", "remote", "requestedRoutings", "originatingDirection", "participantName")


@dataclass(frozen=True, slots=True)
class _Length:
    """A log-normal duration: its median, its spread, and the longest allowed."""

    median: int
    spread: float
    most: int


@dataclass(frozen=True, slots=True)
class _Manner:
    """How contacts of one medium usually go."""

    wait: _Length
    talk: _Length
    endings: dict[Ending, int]
    hold: float = 0.0
    park: _Length | None = None
    transfer: float = 0.0
    wrap_up: float = 0.9


_MANNERS: dict[MediaType, _Manner] = {
    "voice": _Manner(
        wait=_Length(22 * SECOND, 1.1, 40 * MINUTE),
        talk=_Length(190 * SECOND, 0.8, 2 * HOUR),
        endings={"answered": 78, "abandoned": 12, "flow_out": 5, "voicemail": 5},
        hold=0.25,
        transfer=0.09,
    ),
    "chat": _Manner(
        wait=_Length(35 * SECOND, 0.9, 20 * MINUTE),
        talk=_Length(6 * MINUTE, 0.7, 2 * HOUR),
        endings={"answered": 86, "abandoned": 10, "flow_out": 4},
        hold=0.06,
        transfer=0.06,
    ),
    "message": _Manner(
        wait=_Length(80 * SECOND, 1.2, 6 * HOUR),
        talk=_Length(5 * MINUTE, 0.8, 2 * HOUR),
        endings={"answered": 92, "flow_out": 8},
        park=_Length(40 * MINUTE, 1.5, 2 * DAY),
        transfer=0.05,
        wrap_up=0.7,
    ),
    "email": _Manner(
        wait=_Length(70 * MINUTE, 1.3, 3 * DAY),
        talk=_Length(7 * MINUTE, 0.7, 3 * HOUR),
        endings={"answered": 96, "flow_out": 4},
        park=_Length(5 * HOUR, 1.3, 6 * DAY),
        transfer=0.06,
        wrap_up=0.8,
    ),
    "callback": _Manner(
        wait=_Length(25 * MINUTE, 1.2, 2 * DAY),
        talk=_Length(3 * MINUTE, 0.8, HOUR),
        endings={"answered": 72, "expired": 28},
    ),
}


def draw_plan(seed: int, number: int, start: int, organization: Organization) -> Plan:
    """The life of the world's `number`-th conversation, which begins at `start`; the same whenever it is asked for."""
    return _Teller(Random(f"{seed}/story/{number}"), organization).tell(conversation_id(seed, number), number, start)


class _Teller:
    def __init__(self, rng: Random, organization: Organization) -> None:
        self._rng = rng
        self._organization = organization

    def tell(self, identity: str, number: int, start: int) -> Plan:
        omitted = frozenset({self._rng.choice(_OMITTABLE)} if self._chance(0.03) else ())
        media = self._weighted(_MEDIA)
        if media == "voice" and self._chance(0.13):
            call = self._call(start)
            return Plan(number, identity, start, media, "outbound", call.ended, call=call, omitted=omitted)
        menu = self._menu(media, start)
        if menu and menu.exit == "disconnect":
            return Plan(number, identity, start, media, "inbound", menu.end, menus=(menu,), omitted=omitted)
        return self._queue_contact(identity, number, start, media, menu, omitted)

    def _queue_contact(
        self, identity: str, number: int, start: int, media: MediaType, menu: Menu | None, omitted: frozenset[str]
    ) -> Plan:
        visits = self._visits(media, menu.end if menu else start + self._rng.randint(2, 40))
        last = visits[-1]
        menus, voicemail, gone = [menu] if menu else [], None, last.left
        if last.ending == "answered":
            gone = last.rings[-1].hung_up
        elif last.ending == "voicemail":
            gone = last.left + self._between(12 * SECOND, 80 * SECOND)
            voicemail = (last.left, gone)
        elif last.ending == "flow_out":
            gone = last.left + self._between(5 * SECOND, 40 * SECOND)
            menus.append(Menu("After Queue", last.left, gone, "disconnect"))
        if self._chance(0.003):
            gone += self._between(59 * DAY, 60 * DAY)
        return Plan(
            number,
            identity,
            start,
            media,
            "inbound",
            gone,
            menus=tuple(menus),
            visits=visits,
            voicemail=voicemail,
            callback_from=menu.end if menu and media == "callback" else None,
            evaluation=self._evaluation(visits),
            omitted=omitted,
        )

    def _menu(self, media: MediaType, start: int) -> Menu | None:
        end = start + self._length(_Length(18 * SECOND, 0.6, 4 * MINUTE))
        if media == "voice":
            return Menu("Main Menu", start, end, "disconnect" if self._chance(0.04) else "queue")
        if media == "callback" and self._chance(0.6):
            return Menu("Main Menu", start, end, "callback")
        return None

    def _visits(self, media: MediaType, entered: int) -> tuple[Visit, ...]:
        manner = _MANNERS[media]
        first = self._visit(media, entered, self._rng.choice(self._organization.queues_for(media, entered)), True)
        ring = first.rings[-1] if first.rings else None
        if not (ring and ring.transfer):
            return (first,)
        elsewhere = [queue for queue in self._organization.queues_for(media, ring.hung_up) if queue is not first.queue]
        assert manner.transfer, "only media that allow it are transferred"
        return first, self._visit(media, ring.hung_up, self._rng.choice(elsewhere), False)

    def _visit(self, media: MediaType, entered: int, queue: Queue, may_transfer: bool) -> Visit:
        manner = _MANNERS[media]
        ending = self._weighted(manner.endings)
        skills = self._rng.sample(self._organization.skills, self._rng.choices((0, 1, 2), (45, 45, 10))[0])
        if ending == "expired":
            left = entered + self._length(_Length(14 * HOUR, 1.7, 60 * DAY))
            return Visit(queue, tuple(skills), entered, left, ending, ())
        if ending == "abandoned" and self._chance(0.25):
            left = entered + self._between(SECOND, 10 * SECOND)
            return Visit(queue, tuple(skills), entered, left, ending, ())
        left, rings = self._rings(queue, entered + self._length(manner.wait), ending)
        if ending == "answered":
            taken = rings.pop()
            rings.append(self._work(taken.agent, taken.rung_at, taken.ended_at, manner, may_transfer))
        return Visit(queue, tuple(skills), entered, left, ending, tuple(rings))

    def _rings(self, queue: Queue, at: int, ending: Ending) -> tuple[int, list[Ring]]:
        """Agents who are offered the contact from `at` on, and when it leaves the queue."""
        rings: list[Ring] = []
        agents = self._rng.sample(self._organization.staff(queue, at), 4)
        for agent in agents[: self._rng.choices((0, 1, 2), (84, 13, 3))[0]]:
            ended = at + self._between(12 * SECOND, 20 * SECOND)
            wrap_up = self._wrap_up(ended) if self._chance(0.1) else None
            rings.append(Ring(agent, at, ended, "not_responding", wrap_up=wrap_up))
            at = ended + self._between(SECOND, 8 * SECOND)
        if ending == "answered":
            answered = at + self._length(_Length(4 * SECOND, 0.5, 20 * SECOND))
            rings.append(Ring(agents[-1], at, answered, "answered"))
            at = answered
        elif ending == "abandoned" and self._chance(0.2):
            ended = at + self._between(SECOND, 9 * SECOND)
            rings.append(Ring(agents[-1], at, ended, "withdrawn"))
            at = ended
        return at, rings

    def _work(self, agent: User, rung_at: int, answered_at: int, manner: _Manner, may_transfer: bool) -> Ring:
        stretches = self._stretches(answered_at, manner)
        wrap_up = self._wrap_up(stretches[-1].end) if self._chance(manner.wrap_up) else None
        transfer: Transfer | None = None
        if may_transfer and self._chance(manner.transfer):
            transfer = "blind" if self._chance(0.6) else "consult"
        return Ring(agent, rung_at, answered_at, "answered", stretches, wrap_up, transfer)

    def _stretches(self, at: int, manner: _Manner) -> tuple[Stretch, ...]:
        """Talk first; then, at times, a pause (hold or set aside), with or without more talk after it."""
        stretches = [Stretch("talk", at, at := at + self._length(manner.talk))]
        while len(stretches) < 7 and self._chance(manner.hold or 0.35 * bool(manner.park)):
            if manner.park:
                stretches.append(Stretch("park", at, at := at + self._length(manner.park)))
            else:
                stretches.append(Stretch("hold", at, at := at + self._length(_Length(45 * SECOND, 0.8, 20 * MINUTE))))
                if self._chance(0.1):
                    break
            stretches.append(Stretch("talk", at, at := at + self._length(manner.talk)))
        if stretches[-1].kind == "talk" and self._chance(0.05):
            stretches.append(Stretch("talk", at, at + self._length(manner.talk)))
        return tuple(stretches)

    def _wrap_up(self, at: int) -> WrapUp:
        """Mostly short with a code; some long, some timed out, some without a code, some coded minutes later."""
        manner = self._weighted({"prompt": 82, "long": 5, "timeout": 4, "none": 6, "late": 3})
        code: str | None = self._rng.choice(self._organization.codes).id
        length = coded = self._length(_Length(30 * SECOND, 0.7, 4 * MINUTE))
        match manner:
            case "long":
                length = coded = self._between(5 * MINUTE, 30 * MINUTE)
            case "timeout":
                length, coded, code = 2 * MINUTE, 2 * MINUTE, TIMEOUT_CODE
            case "none":
                code = None
            case "late":
                coded = length + self._between(2 * MINUTE, 90 * MINUTE)
        counted = max(length - self._between(SECOND, 5 * SECOND), 0) if self._chance(0.1) else length
        return WrapUp(at, at + length, code, at + coded, counted)

    def _call(self, start: int) -> Call:
        agent = self._rng.choice([user for user in self._organization.users if user.works(start)])
        dialed = start + self._between(200, 1_500)
        rang = dialed + self._length(_Length(9 * SECOND, 0.6, 45 * SECOND))
        if self._chance(0.25):
            return Call(agent, dialed, rang, None, rang)
        return Call(agent, dialed, rang, rang, rang + self._length(_Length(150 * SECOND, 0.9, HOUR)))

    def _evaluation(self, visits: Sequence[Visit]) -> Evaluation | None:
        last = visits[-1]
        if last.ending != "answered" or not self._chance(0.03):
            return None
        ring = last.rings[-1]
        at = ring.released + self._between(DAY, 5 * DAY)
        return Evaluation(at, ring.agent, last.queue, self._rng.randint(40, 100))

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _between(self, least: int, most: int) -> int:
        return self._rng.randrange(least, most)

    def _weighted[Choice](self, weights: dict[Choice, int]) -> Choice:
        return self._rng.choices(list(weights), list(weights.values()))[0]

    def _length(self, length: _Length) -> int:
        return min(int(length.median * exp(self._rng.gauss(0, length.spread))), length.most) + 1
