"""The lookup lists: their calls, the names they give, and lists that Genesys forbids."""

import pytest

from backend.errors import GenesysInvalidResponseError
from backend.genesys.client import GenesysClient
from backend.genesys.lookups import read_lookups
from tests.genesys.fakes import FakeGenesys, Reply

PATHS = {
    "queue": "/api/v2/routing/queues",
    "user": "/api/v2/users",
    "skill": "/api/v2/routing/skills",
    "wrapup_code": "/api/v2/routing/wrapupcodes",
    "team": "/api/v2/teams",
    "location": "/api/v2/locations",
}


@pytest.fixture
def org(genesys: FakeGenesys) -> FakeGenesys:
    """An organisation with one entity in each list."""
    for kind, path in PATHS.items():
        genesys.on(path, Reply({"entities": [{"id": f"{kind}-1", "name": f"The {kind}"}], "pageCount": 1}))
    return genesys


def test_each_list_gives_names_by_id(client: GenesysClient, org: FakeGenesys) -> None:
    lookups = read_lookups(client)

    assert lookups.names == {kind: {f"{kind}-1": f"The {kind}"} for kind in PATHS}
    assert lookups.forbidden == {}


def test_users_of_every_state_are_asked_for_with_their_locations(client: GenesysClient, org: FakeGenesys) -> None:
    read_lookups(client)

    (request,) = org.calls("/api/v2/users")
    assert request.params == {"state": "any", "expand": "team,locations", "pageSize": "100", "pageNumber": "1"}


def test_teams_are_read_by_cursor(client: GenesysClient, org: FakeGenesys) -> None:
    org.on(
        "/api/v2/teams",
        Reply({"entities": [{"id": "t1", "name": "North"}], "nextUri": "/api/v2/teams?pageSize=100&after=abc"}),
        Reply({"entities": [{"id": "t2", "name": "South"}]}),
    )

    lookups = read_lookups(client)

    assert lookups.names["team"] == {"t1": "North", "t2": "South"}
    assert [request.params for request in org.calls("/api/v2/teams")] == [
        {"pageSize": "100"},
        {"pageSize": "100", "after": "abc"},
    ]


def test_a_user_is_where_the_first_location_is(client: GenesysClient, org: FakeGenesys) -> None:
    users = [
        {"id": "u1", "name": "Agent 001", "locations": [{"locationDefinition": {"id": "l1", "name": "Lisbon"}}, {}]},
        {"id": "u2", "name": "Agent 002", "locations": []},
        {"id": "u3", "name": "Agent 003"},
        {"id": "u4", "name": "Agent 004", "locations": [{"floorplanId": "f"}]},
        {"id": "u5", "name": "Agent 005", "locations": [{"locationDefinition": {"id": "l2"}}]},
    ]
    org.on("/api/v2/users", Reply({"entities": users, "pageCount": 1}))
    org.on("/api/v2/locations", Reply({"entities": [{"id": "l2", "name": "Berlin"}], "pageCount": 1}))

    lookups = read_lookups(client)

    assert lookups.user_locations == {"u1": "Lisbon", "u5": "Berlin"}
    assert lookups.names["user"] == {f"u{number}": f"Agent 00{number}" for number in range(1, 6)}


def test_an_entity_without_a_name_keeps_its_id(client: GenesysClient, org: FakeGenesys) -> None:
    org.on("/api/v2/routing/skills", Reply({"entities": [{"id": "s1"}, {"id": "s2", "name": None}], "pageCount": 1}))

    assert read_lookups(client).names["skill"] == {}


@pytest.mark.parametrize("kind", PATHS)
def test_a_forbidden_list_does_not_stop_the_others(client: GenesysClient, org: FakeGenesys, kind: str) -> None:
    org.on(PATHS[kind], Reply({"code": "missing.permissions", "message": "Missing"}, 403))

    lookups = read_lookups(client)

    assert list(lookups.forbidden) == [kind]
    assert PATHS[kind] in lookups.forbidden[kind]  # type: ignore[index]
    assert set(lookups.names) == set(PATHS) - {kind}


def test_an_entity_without_an_id_is_named(client: GenesysClient, org: FakeGenesys) -> None:
    org.on("/api/v2/routing/queues", Reply({"entities": [{"name": "Billing"}], "pageCount": 1}))

    with pytest.raises(GenesysInvalidResponseError, match=r"GET /api/v2/routing/queues .*`id`"):
        read_lookups(client)
