from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.genesys.instants import DAY
from sandbox.genesys.world import World

from .conftest import Caller
from .wire_model import breaches

NUMBERED = {
    "/users": ("UserEntityListing", "User"),
    "/routing/queues": ("QueueEntityListing", "Queue"),
    "/routing/skills": ("SkillEntityListing", "RoutingSkill"),
    "/routing/wrapupcodes": ("WrapupCodeEntityListing", "WrapupCode"),
    "/locations": ("LocationEntityListing", "LocationDefinition"),
}


def listing(caller: Caller, path: str, **parameters: Any) -> dict[str, Any]:
    response = caller.get(path, **parameters)
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def follow(caller: Caller, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """Entities of all pages, by `nextUri`."""
    page = listing(caller, path, **parameters)
    entities = page["entities"]
    while "nextUri" in page:
        link = urlsplit(page["nextUri"])
        page = listing(caller, link.path.removeprefix("/api/v2"), **dict(parse_qsl(link.query)))
        entities += page["entities"]
    return list(entities)


def names(entities: list[dict[str, Any]]) -> list[str]:
    return [entity["name"] for entity in entities]


@pytest.mark.parametrize("path", NUMBERED)
def test_listings_follow_the_published_model(caller: Caller, path: str) -> None:
    page = listing(caller, path, pageSize=2)
    envelope, entity = NUMBERED[path]

    assert not list(breaches(page, envelope))
    assert not [breach for item in page["entities"] for breach in breaches(item, entity)]


@pytest.mark.parametrize("path", [*NUMBERED, "/teams", "/authorization/divisions"])
@pytest.mark.parametrize("size", [1, 7, 500])
def test_following_the_links_gives_each_entity_once(caller: Caller, path: str, size: int) -> None:
    entities = follow(caller, path, pageSize=size)

    assert len({entity["id"] for entity in entities}) == len(entities) > 0
    assert names(entities) == sorted(names(entities))


def test_a_numbered_page_says_where_it_stands(caller: Caller) -> None:
    page = listing(caller, "/users", pageSize=20, pageNumber=2, state="any")

    assert {name: value for name, value in page.items() if name != "entities"} == {
        "pageSize": 20,
        "pageNumber": 2,
        "total": 60,
        "pageCount": 3,
        "selfUri": "/api/v2/users?pageSize=20&state=any&pageNumber=2",
        "firstUri": "/api/v2/users?pageSize=20&state=any&pageNumber=1",
        "lastUri": "/api/v2/users?pageSize=20&state=any&pageNumber=3",
        "nextUri": "/api/v2/users?pageSize=20&state=any&pageNumber=3",
        "previousUri": "/api/v2/users?pageSize=20&state=any&pageNumber=1",
    }


@pytest.mark.parametrize(("number", "absent"), [(1, "previousUri"), (3, "nextUri")])
def test_first_and_last_page_lack_a_link(caller: Caller, number: int, absent: str) -> None:
    assert absent not in listing(caller, "/users", pageSize=20, pageNumber=number, state="any")


def test_a_page_holds_25_unless_asked_otherwise(caller: Caller) -> None:
    assert len(listing(caller, "/users")["entities"]) == 25


def test_teams_have_a_cursor_and_no_numbers(caller: Caller) -> None:
    first = listing(caller, "/teams", pageSize=2)

    assert set(first) == {"entities", "selfUri", "nextUri"}
    assert "after=" in first["nextUri"]
    assert not list(breaches(first, "TeamEntityListing"))
    assert not [breach for team in first["entities"] for breach in breaches(team, "Team")]
    second = listing(caller, "/teams", **dict(parse_qsl(urlsplit(first["nextUri"]).query)))
    assert names(second["entities"]) == ["Team South"]
    assert "nextUri" not in second
    assert "previousUri" in second


@pytest.mark.parametrize(("state", "count"), [(None, 56), ("active", 56), ("inactive", 2), ("deleted", 2), ("any", 60)])
def test_users_by_state(caller: Caller, state: str | None, count: int) -> None:
    parameters = {"state": state} if state else {}

    assert listing(caller, "/users", **parameters)["total"] == count


def test_users_expand_team_and_locations(caller: Caller) -> None:
    plain = follow(caller, "/users")
    full = follow(caller, "/users", state="any", expand="team,locations")

    assert not any("team" in user or "locations" in user for user in plain)
    assert {"team" in user for user in full} == {True, False}
    assert {len(user["locations"]) for user in full} == {0, 1}
    assert not [breach for user in full for breach in breaches(user, "User")]


def test_users_by_id(caller: Caller, world: World) -> None:
    wanted = [user.id for user in world.organization.users[:3]]

    assert [user["id"] for user in follow(caller, "/users", state="any", id=wanted)] == wanted


def test_descending_order(caller: Caller) -> None:
    entities = follow(caller, "/routing/queues", sortOrder="desc")

    assert names(entities) == sorted(names(entities), reverse=True)


def test_queues_are_renamed_and_deleted_as_time_goes_on(caller: Caller) -> None:
    before = set(names(follow(caller, "/routing/queues")))
    caller.wait(2 * DAY)
    after = set(names(follow(caller, "/routing/queues")))

    assert before - after == {"Returns", "Retention"}
    assert after - before == {"Returns and Exchanges"}


def test_the_token_says_whose_it_is(caller: Caller) -> None:
    assert set(listing(caller, "/tokens/me")) == {"organization", "OAuthClient", "authorizedScope"}


def test_limits_are_readable(caller: Caller) -> None:
    entities = listing(caller, "/organizations/limits/namespaces/platform.api")["entities"]
    limits = {entity["key"]: entity["value"] for entity in entities}

    assert limits["client.credentials.token.rate.per.minute"] == 10_000
    assert not [breach for entity in entities for breach in breaches(entity, "Limit")]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "complaint"),
    [
        ("/users", {"pageSize": 501}, 400, "pageSize must be a whole number from 1 to 500, not '501'"),
        ("/users", {"pageSize": 0}, 400, "pageSize"),
        ("/users", {"pageNumber": "two"}, 400, "pageNumber"),
        ("/users", {"state": "gone"}, 400, "state must be one of active, any, deleted, inactive"),
        ("/users", {"expand": "skills"}, 400, "skills is not simulated"),
        ("/users", {"page": 1}, 400, "Unknown query parameter page"),
        ("/routing/queues", {"state": "any"}, 400, "Unknown query parameter state"),
        ("/routing/queues", {"sortOrder": "up"}, 400, "sortOrder"),
        ("/teams", {"pageNumber": 1}, 400, "Unknown query parameter pageNumber"),
        ("/teams", {"after": "nonsense"}, 400, "not a cursor"),
        ("/tokens/me", {"x": 1}, 400, "takes: none"),
        ("/organizations/limits/namespaces/none", {}, 404, "none was not found"),
        ("/dataconnectors", {}, 404, "404 Not Found"),
    ],
)
def test_what_is_not_understood_is_refused(
    caller: Caller, path: str, parameters: dict[str, Any], status: int, complaint: str
) -> None:
    response = caller.get(path, **parameters)

    assert response.status_code == status
    assert response.json is not None
    assert complaint in response.json["message"]
    assert not list(breaches(response.json, "ErrorBody"))


def test_a_wrong_method_is_refused_in_the_platforms_form(caller: Caller) -> None:
    response = caller.post("/api/v2/users", {})

    assert response.status_code == 405
    assert response.json is not None
    assert response.json["status"] == 405
