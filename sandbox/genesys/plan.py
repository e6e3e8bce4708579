"""What happens in one conversation, from its first moment to its last: the source of both records and truth.

All moments are milliseconds since 1970 (UTC) and finite, however far ahead they lie.
"""

from dataclasses import dataclass, field
from typing import Literal

from .instants import SECOND
from .organization import Entity, MediaType, Queue, User

SHORT_ABANDON = 10 * SECOND

type Direction = Literal["inbound", "outbound"]
type Transfer = Literal["blind", "consult"]
type Ending = Literal["answered", "abandoned", "flow_out", "voicemail", "expired"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of an agent's work on the contact: talking, holding, or (e-mail, message) set aside."""

    kind: Literal["talk", "hold", "park"]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WrapUp:
    """After-call work. A code is given at its end, or (`coded_at` later) added afterwards, which moves the end.

    `counted` is what the metrics count of it, which can differ from the segment by seconds.
    """

    start: int
    end: int
    code: str | None
    coded_at: int
    counted: int

    def end_as_of(self, now: int) -> int:
        return self.coded_at if self.code and now >= self.coded_at else self.end

    def code_as_of(self, now: int) -> str | None:
        return self.code if now >= self.coded_at else None


@dataclass(frozen=True, slots=True)
class Ring:
    """One agent being offered the contact, and the work that follows if the agent takes it."""

    agent: User
    rung_at: int
    ended_at: int
    result: Literal["answered", "not_responding", "withdrawn"]
    stretches: tuple[Stretch, ...] = ()
    wrap_up: WrapUp | None = None
    transfer: Transfer | None = None

    @property
    def hung_up(self) -> int:
        return self.stretches[-1].end if self.stretches else self.ended_at

    @property
    def released(self) -> int:
        """When the agent is done, codes added later left aside."""
        return self.wrap_up.end if self.wrap_up else self.hung_up


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a queue. It lasts until an agent connects or the contact leaves otherwise."""

    queue: Queue
    skills: tuple[Entity, ...]
    entered: int
    left: int
    ending: Ending
    rings: tuple[Ring, ...]

    @property
    def wait(self) -> int:
        return self.left - self.entered

    @property
    def short(self) -> bool:
        return self.ending == "abandoned" and self.wait < SHORT_ABANDON


@dataclass(frozen=True, slots=True)
class Menu:
    """Time spent in a flow, before or after a queue."""

    flow: str
    start: int
    end: int
    exit: Literal["queue", "callback", "disconnect"]


@dataclass(frozen=True, slots=True)
class Call:
    """An agent's call to the outside, without a queue; `reached` is None where nobody picked up."""

    agent: User
    dialed: int
    rang: int
    reached: int | None
    ended: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A quality evaluation, published days after the end."""

    at: int
    agent: User
    queue: Queue
    score: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One conversation's whole life; it is first over at `closed_at`: everybody gone and after-call work done.

    Long after, a rebuild of the raw events may replace the story (`rebuilt`: when, and the new one) without moving
    any timestamp, or the conversation may be deleted.
    """

    number: int
    id: str
    start: int
    media: MediaType
    direction: Direction
    customer_left: int
    menus: tuple[Menu, ...] = ()
    visits: tuple[Visit, ...] = ()
    call: Call | None = None
    voicemail: tuple[int, int] | None = None
    callback_from: int | None = None
    evaluation: Evaluation | None = None
    omitted: frozenset[str] = frozenset()
    rebuilt: "tuple[int, Plan] | None" = None
    deleted_at: int | None = None
    closed_at: int = field(init=False)

    def __post_init__(self) -> None:
        closed_at = max(self.customer_left, *(ring.released for ring in self.rings), 0)
        object.__setattr__(self, "closed_at", closed_at)

    def exists(self, now: int) -> bool:
        """Whether it has begun and is not deleted."""
        return self.start <= now and (self.deleted_at is None or now < self.deleted_at)

    def at(self, now: int) -> "Plan":
        """The story as the platform tells it at `now`."""
        return self.rebuilt[1] if self.rebuilt and now >= self.rebuilt[0] else self

    @property
    def rings(self) -> list[Ring]:
        """Agents in the order in which they were rung."""
        return [ring for visit in self.visits for ring in visit.rings]

    def end(self, now: int) -> int | None:
        """`conversationEnd` as of `now`; None while open. A wrap-up code added later moves it."""
        if now < self.closed_at:
            return None
        return max(self.closed_at, *(ring.wrap_up.end_as_of(now) for ring in self.rings if ring.wrap_up), 0)
