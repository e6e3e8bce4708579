"""Lists of the organization's entities, who the caller is, and the limits it is under."""

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, request

from .draft import Facts
from .errors import ApiError, json_response
from .instants import Clock, iso
from .jobs import MOST_AT_ONCE
from .limits import RateLimit
from .listings import by_cursor, numbered
from .oauth import Login
from .organization import Entity, Organization, Queue, User
from .parameters import choice, query_parameters

_STATES = frozenset({"active", "inactive", "deleted", "any"})


class Lookups:
    """Answers lookups as of the clock's now: deleted things are left out, renamed ones have their new name."""

    def __init__(self, organization: Organization, clock: Clock, login: Login, limits: RateLimit) -> None:
        self._organization = organization
        self._clock = clock
        self._login = login
        self._limits = limits

    def blueprint(self) -> Blueprint:
        routes = Blueprint("lookups", __name__, url_prefix="/api/v2")
        views: dict[str, Callable[..., Response]] = {
            "/users": self.users,
            "/routing/queues": self.queues,
            "/routing/skills": self.skills,
            "/routing/wrapupcodes": self.codes,
            "/locations": self.locations,
            "/teams": self.teams,
            "/authorization/divisions": self.divisions,
            "/tokens/me": self.token,
            "/organizations/limits/namespaces/<namespace>": self.namespace,
        }
        for path, view in views.items():
            routes.add_url_rule(path, view_func=view)
        return routes

    def users(self) -> Response:
        """Answer `GET /users`; active users only unless `state` says otherwise."""
        values = query_parameters({"pageSize", "pageNumber", "state", "id", "expand", "sortOrder"})
        state = choice(values, "state", "active", _STATES)
        expand = {name for text in values.getlist("expand") for name in text.split(",") if name}
        if unknown := expand - {"team", "locations"}:
            raise ApiError(400, f"Parameter expand: {', '.join(sorted(unknown))} is not simulated", "invalid.value")
        now = self._clock()
        users = [user for user in self._organization.users if state in ("any", user.state(now))]
        entities = [self._user(user, expand, now) for user in _sorted(_wanted(users), now)]
        return json_response(numbered(entities, {"state", "id", "expand", "sortOrder"}))

    def queues(self) -> Response:
        """Answer `GET /routing/queues`, by name."""
        return self._list("/routing/queues", self._organization.queues, self._queue)

    def skills(self) -> Response:
        """Answer `GET /routing/skills`, by name."""
        return self._list("/routing/skills", self._organization.skills, _skill)

    def codes(self) -> Response:
        """Answer `GET /routing/wrapupcodes`, by name; the system's own codes are not among them."""
        return self._list("/routing/wrapupcodes", self._organization.codes, lambda code: {})

    def locations(self) -> Response:
        """Answer `GET /locations`, by name."""
        return self._list("/locations", self._organization.locations, _location)

    def divisions(self) -> Response:
        """Answer `GET /authorization/divisions`."""
        divisions = [self._organization.division]
        return self._list("/authorization/divisions", divisions, lambda division: {"homeDivision": True})

    def teams(self) -> Response:
        """Answer `GET /teams`, a page after a cursor."""
        now = self._clock()
        entities = [self._entity("/teams", team, now) | self._team(team) for team in self._organization.teams]
        return json_response(by_cursor(entities, {"expand"}))

    def token(self) -> Response:
        """Answer `GET /tokens/me`."""
        query_parameters(set())
        client = {"id": self._login.client.id, "name": "Interaction records"}
        organization = {"id": self._organization.id, "name": "Simulated organization"}
        return json_response({"organization": organization, "OAuthClient": client, "authorizedScope": []})

    def namespace(self, namespace: str) -> Response:
        """Answer `GET /organizations/limits/namespaces/{namespace}`; needs no permission."""
        query_parameters(set())
        per_minute = self._limits.per_minute
        limits = {
            "analytics": {"details.jobs.concurrent.access.max": MOST_AT_ONCE, "details.jobs.rate.per.second": 5},
            "analytics.data.extraction": {"downloads.rate.per.minute": 60},
            "platform.api": {
                "client.credentials.token.rate.per.minute": per_minute,
                "token.rate.per.minute": per_minute,
                "request.bytes.max": 512_000,
            },
        }
        if namespace not in limits:
            raise ApiError(404, f"Limit namespace {namespace} was not found", params={"namespace": namespace})
        values = limits[namespace].items()
        entities = [{"key": key, "namespace": namespace, "value": value} for key, value in values]
        return json_response({"entities": entities})

    def _list[Kind: Entity](self, path: str, entities: Iterable[Kind], more: Callable[[Kind], Facts]) -> Response:
        now = self._clock()
        present = [entity for entity in _wanted(entities) if entity.exists(now)]
        served = [self._entity(path, entity, now) | more(entity) for entity in _sorted(present, now)]
        return json_response(numbered(served, {"id", "sortOrder"}))

    def _entity(self, path: str, entity: Entity, now: int) -> Facts:
        served: Facts = {"id": entity.id, "name": entity.name(now), "selfUri": f"/api/v2{path}/{entity.id}"}
        if path not in ("/locations", "/authorization/divisions"):
            division = self._organization.division
            served["division"] = {"id": division.id, "name": division.name(now)}
        return served

    def _queue(self, queue: Queue) -> Facts:
        changed = max(since for since, _ in queue.names)
        members = len(self._organization.staff(queue, self._clock()))
        return {"memberCount": members} | ({"dateModified": iso(changed)} if changed else {})

    def _team(self, team: Entity) -> Facts:
        return {"memberCount": sum(user.team is team for user in self._organization.users)}

    def _user(self, user: User, expand: set[str], now: int) -> Facts:
        served = self._entity("/users", user, now) | {"state": user.state(now), "version": 1}
        if "team" in expand and user.team:
            served["team"] = {"id": user.team.id, "name": user.team.name(now)}
        if "locations" in expand:
            places = [user.location] if user.location else []
            served["locations"] = [
                {"id": place.id, "locationDefinition": {"id": place.id, "name": place.name(now)}} for place in places
            ]
        return served


def _skill(skill: Entity) -> Facts:
    return {"state": "active", "version": "1"}


def _location(place: Entity) -> Facts:
    address = {"city": "Springfield", "country": "US", "state": "IL", "street1": "1 Main Street", "zipcode": "00000"}
    return {"state": "active", "version": 1, "address": address, "path": [place.id]}


def _wanted[Kind: Entity](entities: Iterable[Kind]) -> list[Kind]:
    """Those whose ids the request asks for; all where it names none."""
    identities = {identity for text in request.args.getlist("id") for identity in text.split(",") if identity}
    return [entity for entity in entities if not identities or entity.id in identities]


def _sorted[Kind: Entity](entities: list[Kind], now: int) -> list[Kind]:
    order = choice(request.args, "sortOrder", "asc", frozenset({"asc", "ascending", "desc", "descending"}))
    return sorted(entities, key=lambda entity: entity.name(now), reverse=order.startswith("desc"))
