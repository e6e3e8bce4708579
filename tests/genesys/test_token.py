"""The token's life: asked for, kept, renewed, and the secret that is read again."""

from pathlib import Path
from typing import Any

import pytest

from backend.errors import (
    GenesysAuthError,
    GenesysInvalidResponseError,
)
from backend.genesys.client import GenesysClient
from backend.settings import Secret
from tests.genesys.conftest import MakeClient
from tests.genesys.fakes import FakeGenesys, FakeTime, Reply, grant

PATH = "/api/v2/routing/queues"
GOOD = Reply({"entities": []})
INVALID_CLIENT = {"error": "invalid_client", "description": "authentication failed"}


def test_the_token_is_asked_for_with_basic_and_a_form_and_kept(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, GOOD)

    client.get(PATH)
    client.get(PATH)

    (request,) = genesys.calls("/oauth/token")
    assert request.authorization == "Basic dGhlLWNsaWVudC1pZDp0aGUtY2xpZW50LXNlY3JldA=="
    assert request.body == b"grant_type=client_credentials"
    assert client.requests == 3


def test_a_netrc_file_does_not_replace_the_token(
    client: GenesysClient, genesys: FakeGenesys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    genesys.on(PATH, GOOD)

    client.get(PATH)

    assert genesys.calls(PATH)[0].authorization == "Bearer token-1"


@pytest.mark.parametrize(
    ("expires_in", "elapsed", "tokens"),
    [
        pytest.param(86_400, 86_300, 1, id="a day long, still good"),
        pytest.param(86_400, 86_341, 2, id="a day long, a minute before its end"),
        pytest.param(300, 269, 1, id="shortest life, still good"),
        pytest.param(300, 271, 2, id="shortest life, a tenth before its end"),
    ],
)
def test_a_token_is_renewed_a_little_before_it_expires(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime, expires_in: int, elapsed: float, tokens: int
) -> None:
    genesys.on("/oauth/token", grant("token-1", expires_in), grant("token-2", expires_in))
    genesys.on(PATH, GOOD)
    client.get(PATH)

    fake_time.now += elapsed
    client.get(PATH)

    assert genesys.calls(PATH)[-1].authorization == f"Bearer token-{tokens}"


def test_a_revoked_token_is_replaced_once_and_the_call_repeated(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on("/oauth/token", grant("token-1"), grant("token-2"))
    genesys.on(PATH, GOOD, Reply({"code": "bad.credentials"}, 401), GOOD)
    client.get(PATH)

    client.get(PATH)

    assert [request.authorization for request in genesys.calls(PATH)] == [
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-2",
    ]


def test_a_new_token_that_is_refused_too_ends_the_run(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, Reply({"code": "authentication.required", "message": "No auth."}, 401))

    with pytest.raises(GenesysAuthError, match=r"authentication\.required: No auth\..*GENESYS_REGION"):
        client.get(PATH)

    assert len(genesys.calls(PATH)) == 2


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("key", ["description", "error_description"])
def test_a_refused_client_with_a_literal_secret_ends_the_run(
    client: GenesysClient, genesys: FakeGenesys, status: int, key: str
) -> None:
    genesys.on("/oauth/token", Reply({"error": "invalid_client", key: "client not found"}, status))

    with pytest.raises(
        GenesysAuthError, match=r"invalid_client: client not found.*the same.*GENESYS_CLIENT_SECRET"
    ) as caught:
        client.get(PATH)

    assert len(genesys.calls("/oauth/token")) == 1
    assert caught.value.code == "genesys_auth"


def only_for(secret_pair: str) -> Any:
    return lambda request: grant() if request.authorization == f"Basic {secret_pair}" else Reply(INVALID_CLIENT, 401)


def test_a_rotated_secret_is_read_again(make_client: MakeClient, genesys: FakeGenesys, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    client = make_client(client_secret=Secret(f"file:{file}"))
    genesys.on("/oauth/token", only_for("dGhlLWNsaWVudC1pZDpuZXc="))
    genesys.on(PATH, GOOD)
    file.write_text("new")

    client.get(PATH)

    assert len(genesys.calls("/oauth/token")) == 2


@pytest.mark.parametrize(
    ("content", "message", "tries"),
    [
        pytest.param("old", "is the same", 1, id="not rotated"),
        pytest.param("wrong", "the new one is refused too", 2, id="rotated to a wrong one"),
        pytest.param(None, "cannot be read again", 1, id="file gone"),
    ],
)
def test_a_secret_that_does_not_help_is_read_once(
    make_client: MakeClient, genesys: FakeGenesys, tmp_path: Path, content: str | None, message: str, tries: int
) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    client = make_client(client_secret=Secret(f"file:{file}"))
    genesys.on("/oauth/token", Reply(INVALID_CLIENT, 401))
    file.unlink() if content is None else file.write_text(content)

    with pytest.raises(GenesysAuthError, match=message):
        client.get(PATH)

    assert len(genesys.calls("/oauth/token")) == tries


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"token_type": "bearer", "expires_in": 60}, id="no token"),
        pytest.param({"access_token": "two\nlines", "expires_in": 60}, id="a token that is no header value"),
        pytest.param({"access_token": "token-1"}, id="no life"),
        pytest.param([], id="no object"),
    ],
)
def test_a_malformed_grant_is_named(client: GenesysClient, genesys: FakeGenesys, body: object) -> None:
    genesys.on("/oauth/token", Reply(body))

    with pytest.raises(GenesysInvalidResponseError, match="POST /oauth/token"):
        client.get(PATH)
