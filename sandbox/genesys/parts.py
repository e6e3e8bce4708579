"""What every participant and session of a record has in common."""

from .draft import Facts, Participant, Session
from .identifiers import stable_uuid
from .instants import iso
from .organization import Organization, User
from .plan import Plan, Visit

CUSTOMER = "Customer"

_PROVIDERS = {
    "voice": "Edge",
    "callback": "PureCloud Callback",
    "chat": "Webchat Provider",
    "email": "PureCloud Email",
    "message": "PureCloud Messaging",
}
# Numbers from the range that is reserved for fiction.
_CALLERS = tuple(f"tel:+155501{ending:02}" for ending in range(0, 100, 7))
_CALLED = "tel:+15550199"


class Parts:
    """Makes the parts of one conversation's record and names them in order."""

    def __init__(self, plan: Plan, organization: Organization) -> None:
        self.plan = plan
        self.organization = organization
        self.customer_session = stable_uuid(plan.id, "customer")
        self._named = 0

    def participant(self, purpose: str, name: str, sessions: list[Session], **facts: str) -> Participant:
        return Participant({"participantId": self._id(), "participantName": name, "purpose": purpose} | facts, sessions)

    def staff(self, purpose: str, user: User, at: int, session: Session) -> Participant:
        """An agent's part; the team is there only where the agent has one."""
        team = {"teamId": user.team.id} if user.team else {}
        return self.participant(purpose, user.name(at), [session], userId=user.id, **team)

    def session(self, media: str) -> Facts:
        """The facts that every session of a medium starts with."""
        facts: Facts = {
            "sessionId": self._id(),
            "mediaType": media,
            "direction": self.plan.direction,
            "provider": _PROVIDERS[media],
            "remote": CUSTOMER,
        }
        if media == "voice":
            caller = _CALLERS[self.plan.number % len(_CALLERS)]
            facts |= {"ani": caller, "dnis": _CALLED, "sessionDnis": _CALLED, "protocolCallId": self._id()}
            facts |= {"edgeId": stable_uuid(self.organization.id, "edge"), "recording": True}
        elif media == "message":
            facts["messageType"] = ("webmessaging", "whatsapp", "open")[self.plan.number % 3]
        return facts

    def routing(self, visit: Visit) -> Facts:
        """The queue and the skills asked for, as each segment of a visit states them."""
        skills = {"requestedRoutingSkillIds": [skill.id for skill in visit.skills]} if visit.skills else {}
        return {"queueId": visit.queue.id} | skills

    def media_stats(self, media: str, at: int) -> list[tuple[int, Facts]]:
        """Voice quality, known when the leg ends; nothing for other media."""
        if media != "voice":
            return []
        statistics = {
            "codecs": ["audio/opus"],
            "eventTime": iso(at),
            "maxLatencyMs": 20 + self.plan.number % 90,
            "minMos": self.quality,
            "minRFactor": round(self.quality * 19.1, 6),
            "discardedPackets": self.plan.number % 11,
            "receivedPackets": 900 + self.plan.number % 5_000,
        }
        return [(at, {"mediaEndpointStats": [statistics]})]

    @property
    def quality(self) -> float:
        """The mean opinion score of this conversation's sound, 1 to 5."""
        return 4.2 + self.plan.number % 70 / 100

    def _id(self) -> str:
        self._named += 1
        return stable_uuid(self.plan.id, self._named)
