"""The simulated contact centre: queues, agents, skills, wrap-up codes, teams and locations, as they change over time.

Everything follows from the seed and the first start: a queue is renamed a day later and another one deleted two
days later; a few agents leave before it, so that history names people whom the plain list no longer shows.
"""

from dataclasses import dataclass
from typing import Literal

from .identifiers import stable_uuid
from .instants import DAY, SECOND

type MediaType = Literal["voice", "chat", "email", "callback", "message"]
type UserState = Literal["active", "inactive", "deleted"]

TIMEOUT_CODE = "ININ-WRAP-UP-TIMEOUT"

_QUEUES: tuple[tuple[str, tuple[MediaType, ...], int], ...] = (
    ("Billing", ("voice", "callback", "email"), 20),
    ("Deliveries", ("voice", "chat", "message"), 30),
    ("Orders", ("voice", "email", "message"), 30),
    ("Retention", ("voice",), 15),
    ("Returns", ("email", "message", "chat"), 60),
    ("Sales", ("voice", "chat", "message", "callback"), 20),
    ("Support", ("voice", "callback", "chat", "email", "message"), 30),
    ("Technical Desk", ("voice", "chat", "callback"), 40),
)
_RENAMED = ("Returns", "Returns and Exchanges")
_DELETED = "Retention"
_SKILLS = ("English", "German", "Hardware", "Invoices", "Software", "Spanish")
_CODES = (
    "Callback agreed",
    "Complaint",
    "Escalated",
    "Follow-up needed",
    "Information given",
    "Order placed",
    "Refund issued",
    "Resolved",
    "Wrong department",
)
_TEAMS = ("Team East", "Team North", "Team South")
_LOCATIONS = ("Site A", "Site B", "Site C")
_AGENTS = 60
_LEAVERS: dict[int, UserState] = {7: "inactive", 23: "deleted", 38: "deleted", 52: "inactive"}


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """Something with a lasting id whose name may change and which may be deleted."""

    id: str
    names: tuple[tuple[int, str], ...]
    deleted_at: int | None = None

    def name(self, now: int) -> str:
        """The name as of `now`; a deleted thing keeps its last one."""
        return next(name for since, name in reversed(self.names) if since <= now)

    def exists(self, now: int) -> bool:
        return self.deleted_at is None or now < self.deleted_at


@dataclass(frozen=True, slots=True, eq=False)
class Queue(Entity):
    """A queue, the media it takes and how soon (in milliseconds) it means to answer."""

    media: tuple[MediaType, ...] = ()
    target: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class User(Entity):
    """An agent; `team` and `location` are absent for some, `left_at` is set for those who no longer work here."""

    team: Entity | None = None
    location: Entity | None = None
    left_at: int | None = None
    state_after: UserState = "active"

    def works(self, at: int) -> bool:
        return self.left_at is None or at < self.left_at

    def state(self, now: int) -> UserState:
        return "active" if self.works(now) else self.state_after


class Organization:
    """All entities of one simulated organization; the same for the same seed and first start."""

    def __init__(self, seed: int, first_start: int) -> None:
        self._seed = seed
        self.id = stable_uuid(seed, "organization")
        self.division = self._entity("division", "Home")
        self.skills = tuple(self._entity("skill", name) for name in _SKILLS)
        self.codes = tuple(self._entity("code", name) for name in _CODES)
        self.teams = tuple(self._entity("team", name) for name in _TEAMS)
        self.locations = tuple(self._entity("location", name) for name in _LOCATIONS)
        self.queues = tuple(self._queue(*row, first_start) for row in _QUEUES)
        self.users = tuple(self._user(number, first_start) for number in range(1, _AGENTS + 1))
        self.codes_by_id = {code.id: code for code in self.codes}
        self._staff = {
            queue.id: tuple(user for index, user in enumerate(self.users) if (index + position) % 3 == 0)
            for position, queue in enumerate(self.queues)
        }

    def queues_for(self, media: MediaType, at: int) -> list[Queue]:
        """Queues that take a medium and exist at a moment."""
        return [queue for queue in self.queues if media in queue.media and queue.exists(at)]

    def staff(self, queue: Queue, at: int) -> list[User]:
        """Agents who serve a queue at a moment."""
        return [user for user in self._staff[queue.id] if user.works(at)]

    def _entity(self, kind: str, name: str) -> Entity:
        return Entity(stable_uuid(self._seed, kind, name), ((0, name),))

    def _queue(self, name: str, media: tuple[MediaType, ...], target: int, first_start: int) -> Queue:
        names: tuple[tuple[int, str], ...] = ((0, name),)
        if name == _RENAMED[0]:
            names = (*names, (first_start + DAY, _RENAMED[1]))
        deleted_at = first_start + 2 * DAY if name == _DELETED else None
        return Queue(stable_uuid(self._seed, "queue", name), names, deleted_at, media, target * SECOND)

    def _user(self, number: int, first_start: int) -> User:
        name = f"Agent {number:03}"
        return User(
            id=stable_uuid(self._seed, "user", name),
            names=((0, name),),
            team=None if number % 7 == 0 else self.teams[number % len(self.teams)],
            location=None if number % 9 == 0 else self.locations[number % len(self.locations)],
            left_at=first_start - 2 * DAY if number in _LEAVERS else None,
            state_after=_LEAVERS.get(number, "active"),
        )
