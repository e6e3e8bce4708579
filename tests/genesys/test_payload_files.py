"""Payload files for an OAuth client: Genesys's own terms, those of older guides, and what is refused."""

import json
from typing import Any

import pytest

from backend.genesys.payload_files import PayloadError, read_payload

GUIDE = {
    "name": "PROD_LookerStudio_IDR_Connector",
    "description": "Dedicated service client for Interaction Detail Records streaming to Looker Studio",
    "client_type": "confidential",
    "redirect_uris": ["https://accounts.google.com/o/oauth2/auth"],
    "scopes": ["analytics:read", "dataconnectors:read", "dataconnectors:write"],
    "grant_types": ["client_credentials"],
    "enabled": True,
}
REAL = {
    "name": "Records",
    "authorizedGrantType": "CLIENT-CREDENTIALS",
    "accessTokenValiditySeconds": 3_600,
    "roleDivisions": [{"roleId": "r", "divisionId": "d"}],
    "state": "active",
}


def read(payload: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    return read_payload(json.dumps(payload).encode())


def test_the_guides_payload_is_translated_with_a_warning_for_each_key_that_changes() -> None:
    payload, warnings = read(GUIDE)

    assert payload == {
        "name": GUIDE["name"],
        "description": GUIDE["description"],
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "state": "active",
    }
    assert [warning.partition(":")[0] for warning in warnings] == [
        "client_type",
        "redirect_uris",
        "scopes",
        "grant_types",
        "enabled",
    ]


def test_a_payload_in_genesys_own_terms_passes_unchanged() -> None:
    assert read(REAL) == (REAL, [])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("permissions", ["Analytics:Read"], "it needs analytics:conversationDetail:view"),
        ("scopes", ["analytics:read"], "only roles and divisions count"),
        ("scope", "analytics", "only roles and divisions count"),
        ("client_id", "x", "its answer calls it id"),
        ("client_secret", "hidden", "its answer calls it secret"),
        ("schedule", "0 0 * * *", "daily at midnight, not hourly"),
        ("incremental_field", "updated_date", "derives updated_date itself"),
        ("roleIds", ["r"], "give roleDivisions instead"),
        ("colour", "red", "Genesys knows no such property"),
    ],
)
def test_what_is_left_out_is_said(key: str, value: object, said: str) -> None:
    payload, (warning,) = read({key: value})

    assert payload == {}
    assert warning.startswith(f"{key}: ")
    assert said in warning
    assert "hidden" not in warning


def test_an_hourly_schedule_is_not_called_daily() -> None:
    _, (warning,) = read({"schedule": "0 * * * *"})

    assert "daily" not in warning


@pytest.mark.parametrize(("enabled", "state"), [(True, "active"), (False, "inactive")])
def test_enabled_becomes_a_state(enabled: bool, state: str) -> None:
    assert read({"enabled": enabled})[0] == {"state": state}


def test_where_both_terms_are_given_genesys_own_counts() -> None:
    assert read({"state": "disabled", "enabled": True})[0] == {"state": "disabled"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"[]", "not a JSON object", id="a list"),
        pytest.param(b"{", "not a JSON object", id="cut short"),
        pytest.param(b'{"grant_types": ["password"]}', "no user's grant", id="password grant"),
        pytest.param(b'{"grant_types": ["client_credentials", "password"]}', "no user's grant", id="two grants"),
        pytest.param(b'{"grant_types": [1]}', "expected a list of texts", id="grants that are no texts"),
        pytest.param(b'{"authorizedGrantType": "CODE"}', "needs a user", id="code grant"),
        pytest.param(b'{"state": "on"}', "none of active, disabled, inactive", id="unknown state"),
        pytest.param(b'{"enabled": "yes"}', "expected true or false", id="enabled that is no boolean"),
        pytest.param(b'{"name": 1}', "name: expected str, found 1", id="a name that is no text"),
        pytest.param(b'{"accessTokenValiditySeconds": 60}', "not between 300 and 172800", id="a life too short"),
        pytest.param(b'{"accessTokenValiditySeconds": true}', "expected int", id="a life that is a boolean"),
    ],
)
def test_what_cannot_become_a_client_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(PayloadError) as refused:
        read_payload(content)

    assert said in str(refused.value)
