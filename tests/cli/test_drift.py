"""`drift`: names of unknown properties, and never a value."""

import pytest

from tests.cli.conftest import Command
from tests.genesys.fakes import FakeGenesys, Reply

QUERY = "/api/v2/analytics/conversations/details/query"


@pytest.fixture(autouse=True)
def _fake_genesys(environment: dict[str, str], genesys: FakeGenesys) -> None:
    environment |= {"GENESYS_API_URL": genesys.url, "GENESYS_LOGIN_URL": genesys.url}


def test_unknown_properties_are_named_without_values(command: Command, genesys: FakeGenesys) -> None:
    conversation = {"conversationId": "c1", "mood": "hidden", "participants": [{"sessions": [{"aura": "hidden"}]}]}
    genesys.on(QUERY, Reply({"conversations": [conversation, {"conversationId": "c2"}], "totalHits": 2}))

    done = command("drift")

    assert done.exit_code == 1
    assert done.stdout.splitlines() == ["mood  (in 1 of 2)", "participants.sessions.aura  (in 1 of 2)"]


def test_nothing_unknown(command: Command, genesys: FakeGenesys) -> None:
    genesys.on(QUERY, Reply({"conversations": [{"conversationId": "c1"}], "totalHits": 1}))

    done = command("drift")

    assert (done.exit_code, done.stdout) == (0, "ok: nothing unknown in 1 conversations\n")


def test_no_conversation_is_no_proof(command: Command, genesys: FakeGenesys) -> None:
    genesys.on(QUERY, Reply({"totalHits": 0}))

    done = command("drift", "--days", "2")

    assert done.exit_code == 1
    assert "no conversation in the last 2 days" in done.stderr


def test_a_refused_client_ends_with_one_line(command: Command, genesys: FakeGenesys) -> None:
    genesys.on("/oauth/token", Reply({"error": "invalid_client", "description": "authentication failed"}, 401))

    done = command("drift")

    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1
    assert "refuses the OAuth client" in done.output
