"""`provision-client`: the payload it prints, and the client it creates."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.genesys.fakes import FakeGenesys, Reply

CLIENTS = "/api/v2/oauth/clients"
TOKEN = "token-of-an-administrator"
NEW_SECRET = "secret-of-the-new-client"
CREATED = Reply({"id": "new-client", "secret": NEW_SECRET})
GUIDE = {
    "name": "PROD_LookerStudio_IDR_Connector",
    "client_type": "confidential",
    "redirect_uris": ["https://accounts.google.com/o/oauth2/auth"],
    "scopes": ["analytics:read"],
    "grant_types": ["client_credentials"],
    "enabled": True,
}

type Send = Callable[..., list[str]]


@pytest.fixture
def send(genesys: FakeGenesys, environment: dict[str, str], tmp_path: Path) -> Send:
    """A complete command line that creates a client; keyword arguments replace options, None leaves one out."""
    genesys.on(CLIENTS, CREATED)
    environment["ADMIN_TOKEN"] = TOKEN

    def arguments(**changes: str | None) -> list[str]:
        options: dict[str, str | None] = {
            "--role-division": "r1:d1",
            "--admin-token": "env:ADMIN_TOKEN",
            "--secret-file": str(tmp_path / "secret"),
            "--api-url": genesys.url,
        }
        options |= {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
        return [part for name, value in options.items() if value is not None for part in (name, value)]

    return arguments


def test_the_payload_is_printed_and_nothing_sent(command: Command, genesys: FakeGenesys) -> None:
    done = command("provision-client", "--role-division", "r1:d1", "--role-division", "r1:d2")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "name": "Interaction detail extraction",
        "description": "Reads conversation details and lookups for reports",
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "accessTokenValiditySeconds": 86_400,
        "state": "active",
        "roleDivisions": [{"roleId": "r1", "divisionId": "d1"}, {"roleId": "r1", "divisionId": "d2"}],
    }
    assert done.stderr == ""
    assert genesys.received == []


def test_a_payload_file_in_older_terms_is_translated_with_warnings(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps(GUIDE))

    done = command("provision-client", str(file))

    payload = json.loads(done.stdout)
    assert (payload["name"], payload["authorizedGrantType"]) == (GUIDE["name"], "CLIENT-CREDENTIALS")
    assert not payload.keys() & {"scopes", "client_type", "redirect_uris", "grant_types", "enabled"}
    warned = [line.split(":")[1].strip() for line in done.stderr.splitlines()]
    assert warned == ["client_type", "redirect_uris", "scopes", "grant_types", "enabled", "roleDivisions"]


def test_a_file_that_cannot_become_a_client_is_named(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text('{"grant_types": ["password"]}')

    done = command("provision-client", str(file))

    assert done.exit_code == 1
    assert f"{file}: grant_types:" in done.stderr


@pytest.mark.parametrize("place", ["env", "file"])
def test_the_client_is_created_and_its_secret_kept_in_a_file_of_its_owner(
    command: Command, send: Send, genesys: FakeGenesys, tmp_path: Path, place: str
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    reference = "env:ADMIN_TOKEN" if place == "env" else f"file:{tmp_path / 'token'}"
    secret_file = tmp_path / "secret"

    done = command("provision-client", *send(admin_token=reference))

    assert done.exit_code == 0
    assert done.stdout == f"GENESYS_CLIENT_ID=new-client\nGENESYS_CLIENT_SECRET=file:{secret_file}\n"
    assert (secret_file.read_text().strip(), secret_file.stat().st_mode & 0o777) == (NEW_SECRET, 0o600)
    (request,) = genesys.received
    assert request.authorization == f"Bearer {TOKEN}"
    assert request.json["roleDivisions"] == [{"roleId": "r1", "divisionId": "d1"}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"admin_token": TOKEN}, "never the token", id="a token in clear"),
        pytest.param(
            {"admin_token": TOKEN, "secret_file": None}, "never the token", id="a token in clear, first of all"
        ),
        pytest.param({"admin_token": "env:"}, "takes env:NAME or file:PATH", id="no name"),
        pytest.param({"admin_token": "env:NOT_SET"}, "env:NOT_SET holds no token", id="a variable that is not set"),
        pytest.param({"admin_token": "file:/nowhere/token"}, "cannot be read", id="a file that is not there"),
        pytest.param({"secret_file": None}, "needs --secret-file", id="no place for the secret"),
        pytest.param({"secret_file": "/nowhere/secret"}, "cannot be created", id="a place that is none"),
        pytest.param({"role_division": None}, "could read nothing", id="no role"),
        pytest.param({"role_division": "r1"}, "expected ROLE_ID:DIVISION_ID", id="half a pair"),
        pytest.param({"api_url": None, "region": "moon"}, "not a known Genesys Cloud region", id="an unknown region"),
        pytest.param({"api_url": None}, "--region is missing", id="no address"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_made(
    command: Command,
    send: Send,
    environment: dict[str, str],
    genesys: FakeGenesys,
    tmp_path: Path,
    changes: dict[str, str | None],
    said: str,
) -> None:
    del environment["GENESYS_API_URL"]

    done = command("provision-client", *send(**changes))

    assert done.exit_code != 0
    assert said in " ".join(done.output.split())
    assert TOKEN not in done.output
    assert genesys.received == []
    assert not (tmp_path / "secret").exists()


def test_a_file_that_is_there_is_not_overwritten(command: Command, send: Send, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("another")

    done = command("provision-client", *send())

    assert done.exit_code == 1
    assert "File exists" in done.stderr
    assert (tmp_path / "secret").read_text() == "another"


def test_a_refusal_leaves_no_file(command: Command, send: Send, genesys: FakeGenesys, tmp_path: Path) -> None:
    genesys.on(CLIENTS, Reply({"code": "missing.permissions", "message": "no"}, 403))

    done = command("provision-client", *send())

    assert done.exit_code == 1
    assert "oauth:client:add" in done.output
    assert not (tmp_path / "secret").exists()
