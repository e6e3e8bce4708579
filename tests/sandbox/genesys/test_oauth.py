from base64 import b64encode

import pytest

from .conftest import CLIENT, Caller


@pytest.fixture
def stranger(caller: Caller) -> Caller:
    caller.token = ""
    return caller


def test_client_credentials_buy_a_bearer_token(stranger: Caller) -> None:
    answer = stranger.log_in().json

    assert answer is not None
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3_600)
    assert set(answer) == {"access_token", "token_type", "expires_in"}
    assert stranger.get("/tokens/me").status_code == 200


@pytest.mark.parametrize(
    ("identity", "secret", "status", "description"),
    [("nobody", CLIENT.secret, 400, "client not found"), (CLIENT.id, "wrong", 401, "authentication failed")],
    ids=["unknown client", "wrong secret"],
)
def test_refused_clients(stranger: Caller, identity: str, secret: str, status: int, description: str) -> None:
    response = stranger.log_in(secret, identity)

    assert response.status_code == status
    assert response.json is not None
    assert response.json["error"] == "invalid_client"
    assert response.json["description"] == description


BASIC = "Basic " + b64encode(f"{CLIENT.id}:{CLIENT.secret}".encode()).decode()


@pytest.mark.parametrize(
    ("form", "authorization", "error"),
    [
        ({"grant_type": "password"}, BASIC, "unsupported_grant_type"),
        ({"scope": "analytics"}, BASIC, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": CLIENT.id}, None, "invalid_request"),
        ({"grant_type": "client_credentials"}, "Bearer x", "invalid_request"),
        ({"grant_type": "client_credentials"}, "Basic ???", "invalid_request"),
        ({"grant_type": "client_credentials"}, "Basic " + b64encode(b"colonless").decode(), "invalid_request"),
    ],
    ids=["password grant", "no grant", "client in the form", "no Basic", "no base64", "no colon"],
)
def test_malformed_token_requests(
    stranger: Caller, form: dict[str, str], authorization: str | None, error: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = stranger.http.post("/oauth/token", data=form, headers=headers)

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"] == error


def test_a_json_token_request_is_refused(stranger: Caller) -> None:
    response = stranger.http.post("/oauth/token", json={"grant_type": "client_credentials"})

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ({}, "authentication.required"),
        ({"Authorization": BASIC}, "authentication.required"),
        ({"Authorization": "Bearer made-up"}, "bad.credentials"),
    ],
    ids=["none", "Basic", "unknown token"],
)
def test_calls_without_a_token_issued_here_are_refused(
    stranger: Caller, authorization: dict[str, str], code: str
) -> None:
    response = stranger.http.get("/api/v2/users", headers=authorization)

    assert response.status_code == 401
    assert response.json is not None
    assert response.json["code"] == code


def test_a_token_dies_after_its_life(caller: Caller) -> None:
    caller.clock.now += 3_599_000
    assert caller.get("/tokens/me").status_code == 200

    caller.clock.now += 1_000

    response = caller.get("/tokens/me")
    assert response.status_code == 401
    assert response.json is not None
    assert response.json["code"] == "credentials.expired"
