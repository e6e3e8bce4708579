"""Creating the OAuth client with an administrator's token."""

import json

import pytest

from backend.errors import GenesysAuthError, GenesysInvalidResponseError, GenesysPermissionError
from backend.genesys.provisioning import client_payload, create_client
from backend.genesys.regions import GenesysAddress
from tests.genesys.fakes import FakeGenesys, Reply

CLIENTS = "/api/v2/oauth/clients"
CREATED = Reply({"id": "new-client", "secret": "new-secret", "name": "Records", "dateCreated": "2024-05-15T00:00:00Z"})
TOKEN = "token-of-an-administrator"


@pytest.fixture
def address(genesys: FakeGenesys) -> GenesysAddress:
    return GenesysAddress(genesys.url, genesys.url)


def test_the_payload_has_defaults_under_what_is_given() -> None:
    assert client_payload({"name": "Records"}, [("r1", "d1"), ("r1", "d2")]) == {
        "name": "Records",
        "description": "Reads conversation details and lookups for reports",
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "accessTokenValiditySeconds": 86_400,
        "state": "active",
        "roleDivisions": [{"roleId": "r1", "divisionId": "d1"}, {"roleId": "r1", "divisionId": "d2"}],
    }


def test_role_divisions_of_a_file_stay_where_none_are_given() -> None:
    granted = [{"roleId": "r", "divisionId": "d"}]

    assert client_payload({"roleDivisions": granted}, [])["roleDivisions"] == granted


def test_the_client_is_created_with_the_administrators_token(genesys: FakeGenesys, address: GenesysAddress) -> None:
    genesys.on(CLIENTS, CREATED)
    payload = client_payload({}, [("r", "d")])

    created = create_client(address, TOKEN, payload)

    assert (created.id, created.secret) == ("new-client", "new-secret")
    assert "new-secret" not in repr(created)
    (request,) = genesys.received
    assert (request.method, request.authorization, json.loads(request.body)) == ("POST", f"Bearer {TOKEN}", payload)


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(Reply({"id": "new-client", "secret": "s"}, cut=3), id="cut short"),
        pytest.param(Reply(b"<html>", 200), id="HTML"),
        pytest.param(Reply({}, 504), id="504"),
    ],
)
def test_a_lost_answer_is_not_repeated(genesys: FakeGenesys, address: GenesysAddress, lost: Reply) -> None:
    genesys.on(CLIENTS, lost)

    with pytest.raises(GenesysInvalidResponseError, match=r"may exist or not. Look under Admin > .* for 'Records'"):
        create_client(address, TOKEN, client_payload({"name": "Records"}, []))

    assert len(genesys.received) == 1


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        pytest.param(
            Reply({"code": "bad.credentials", "message": f"Invalid login credentials {TOKEN}"}, 401),
            GenesysAuthError,
            r"refuses the administrator's token \(bad.credentials",
            id="a bad token",
        ),
        pytest.param(
            Reply({"code": "missing.permissions", "message": "no"}, 403),
            GenesysPermissionError,
            r"refuses the administrator's token .* the permission oauth:client:add",
            id="forbidden",
        ),
        pytest.param(
            Reply({"code": "bad.request", "message": "roleDivisions missing"}, 400),
            GenesysInvalidResponseError,
            r"status 400, bad.request: roleDivisions missing",
            id="refused",
        ),
        pytest.param(Reply({"id": "x"}), GenesysInvalidResponseError, "`secret`", id="no secret"),
    ],
)
def test_a_refusal_is_named(
    genesys: FakeGenesys, address: GenesysAddress, reply: Reply, error: type[Exception], said: str
) -> None:
    genesys.on(CLIENTS, reply)

    with pytest.raises(error, match=said) as refused:
        create_client(address, TOKEN, client_payload({}, []))

    assert TOKEN not in str(refused.value)
