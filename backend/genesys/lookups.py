"""Names of the things that conversations mention by id: queues, users, skills, wrap-up codes, teams, locations."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from backend.errors import GenesysPermissionError
from backend.genesys.answers import decode
from backend.genesys.client import GenesysClient
from backend.genesys.paging import cursor_entities, numbered_entities

type Kind = Literal["queue", "user", "skill", "wrapup_code", "team", "location"]
type _Pager = Callable[[GenesysClient, str, Mapping[str, str | int]], Iterator[msgspec.Raw]]

_PAGE_SIZE = 100


@dataclass(frozen=True)
class LookupSet:
    """What one reading found.

    `names` is `{kind: {id: name}}` for every kind that could be read, `user_locations` `{user id: location name}` as
    of now, `forbidden` `{kind: message}` for those that Genesys refused.
    """

    names: dict[Kind, dict[str, str]] = field(default_factory=dict)
    user_locations: dict[str, str] = field(default_factory=dict)
    forbidden: dict[Kind, str] = field(default_factory=dict)


class _Entity(msgspec.Struct):
    id: str
    name: str | None = None


class _UserLocation(msgspec.Struct, rename="camel"):
    location_definition: _Entity | None = None


class _User(_Entity):
    locations: list[_UserLocation] | None = None


@dataclass(frozen=True)
class _List:
    path: str
    pager: _Pager = numbered_entities
    params: Mapping[str, str | int] = field(default_factory=dict)
    shape: type[_Entity] = _Entity


_LISTS: dict[Kind, _List] = {
    "queue": _List("/api/v2/routing/queues"),
    # Without `any` those who have left would lose their names in history.
    "user": _List("/api/v2/users", params={"state": "any", "expand": "team,locations"}, shape=_User),
    "skill": _List("/api/v2/routing/skills"),
    "wrapup_code": _List("/api/v2/routing/wrapupcodes"),
    "team": _List("/api/v2/teams", pager=cursor_entities),
    "location": _List("/api/v2/locations"),
}


LOOKUP_KINDS = tuple(_LISTS)


def probe_lookup(client: GenesysClient, kind: Kind) -> None:
    """Reads one entity of a list, to learn whether it may be read. Raises what the client raises."""
    source = _LISTS[kind]
    next(source.pager(client, source.path, {"pageSize": 1, **source.params}), None)


def read_lookups(client: GenesysClient) -> LookupSet:
    """Reads every list; one that Genesys forbids does not stop the others. Raises what else the client raises."""
    lookups = LookupSet()
    users: list[_Entity] = []
    for kind, source in _LISTS.items():
        try:
            entities = list(_read(client, source))
        except GenesysPermissionError as error:
            lookups.forbidden[kind] = error.message
            continue
        lookups.names[kind] = {entity.id: entity.name for entity in entities if entity.name}
        users += entities if kind == "user" else []
    lookups.user_locations.update(_locations(users, lookups.names.get("location", {})))
    return lookups


def _read(client: GenesysClient, source: _List) -> Iterator[_Entity]:
    params = {"pageSize": _PAGE_SIZE, **source.params}
    for entity in source.pager(client, source.path, params):
        yield decode(entity, source.shape, f"GET {source.path}")


def _locations(users: list[_Entity], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each user's location; a definition that gives only its id is looked up in the list of locations."""
    for user in users:
        place = user.locations[0].location_definition if isinstance(user, _User) and user.locations else None
        if place and (name := place.name or names.get(place.id)):
            yield user.id, name
