"""The token's owner, and the rate limit that Genesys names."""

from typing import Any

import pytest

from backend.genesys.client import GenesysClient
from backend.genesys.limits import requests_per_minute, token_owner
from tests.genesys.fakes import FakeGenesys, Reply

LIMITS = "/api/v2/organizations/limits/namespaces/platform.api"
OF_CLIENTS = {"key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": 300}
OF_TOKENS = {"key": "token.rate.per.minute", "namespace": "platform.api", "value": 180}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"entities": [OF_TOKENS, OF_CLIENTS]}, 300, id="that of client credentials counts"),
        pytest.param({"entities": [OF_TOKENS]}, 180, id="else that of any token"),
        pytest.param({"entities": [{"key": "request.bytes.max", "value": 512000}]}, None, id="neither"),
        pytest.param({"entities": [{"key": "token.rate.per.minute"}]}, None, id="no value"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_requests_per_minute(
    client: GenesysClient, genesys: FakeGenesys, body: dict[str, Any], expected: int | None
) -> None:
    genesys.on(LIMITS, Reply(body))

    assert requests_per_minute(client) == expected


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param(
            {"organization": {"id": "o", "name": "Example"}, "OAuthClient": {"id": "c", "name": "Records"}},
            ("Example", "Records"),
            id="both",
        ),
        pytest.param({"organization": {"id": "o"}}, (None, None), id="without names"),
    ],
)
def test_the_owner_of_the_token(
    client: GenesysClient, genesys: FakeGenesys, body: dict[str, Any], names: tuple[str | None, str | None]
) -> None:
    genesys.on("/api/v2/tokens/me", Reply(body))

    owner = token_owner(client)

    assert (owner.organization.name, owner.client.name) == names
