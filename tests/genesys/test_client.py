"""What the client sends, and what a refusal, an odd answer or an echo of a secret becomes."""

import logging
from email.utils import formatdate

import pytest

from backend.errors import (
    GenesysAuthError,
    GenesysInvalidResponseError,
    GenesysPermissionError,
)
from backend.genesys.client import GenesysClient
from tests.genesys.conftest import MakeClient
from tests.genesys.fakes import SECRET, START, FakeGenesys, Received, Reply

PATH = "/api/v2/routing/queues"
GOOD = Reply({"entities": []})


def test_get_sends_parameters_and_the_bearer_token(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, Reply({"entities": [{"id": "q1"}]}))

    assert client.get(PATH, {"pageSize": 100}) == b'{"entities": [{"id": "q1"}]}'

    (request,) = genesys.calls(PATH)
    assert (request.method, request.params, request.authorization) == ("GET", {"pageSize": "100"}, "Bearer token-1")


def test_post_sends_json(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on("/api/v2/query", GOOD)

    client.post("/api/v2/query", {"paging": {"pageNumber": 1}})

    (request,) = genesys.calls("/api/v2/query")
    assert (request.method, request.json) == ("POST", {"paging": {"pageNumber": 1}})


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param(
            "/api/v2/routing/wrapupcodes",
            {
                "code": "missing.permissions",
                "message": "You are missing the following permission(s): routing:wrapupCode:view",
            },
            r"lacks routing:wrapupCode:view\. .*every division",
            id="named in the message, once",
        ),
        pytest.param(
            "/api/v2/analytics/conversations/details",
            {
                "code": "missing.any.permissions",
                "message": "Missing",
                "messageParams": {"permissions": "analytics:agentConversationDetail:view"},
            },
            "lacks analytics:conversationDetail:view or analytics:agentConversationDetail:view",
            id="named in the parameters, beside the documented one",
        ),
        pytest.param(
            "/api/v2/users",
            {"code": "missing.permissions", "details": [{"errorCode": "directory:user:view"}]},
            "lacks directory:user:view",
            id="named in the details",
        ),
        pytest.param("/api/v2/teams", {"code": "not.authorized"}, "lacks groups:team:view", id="documented only"),
        pytest.param(
            "/api/v2/users", {"code": "not.authorized", "message": "No."}, r"not\.authorized: No\.", id="none known"
        ),
        pytest.param("/api/v2/users", b"<html>Forbidden</html>", "no reason given", id="no JSON"),
    ],
)
def test_a_forbidden_call_names_the_permission(
    client: GenesysClient, genesys: FakeGenesys, path: str, body: object, expected: str
) -> None:
    genesys.on(path, Reply(body, 403))

    with pytest.raises(GenesysPermissionError, match=expected):
        client.get(path)

    assert len(genesys.calls(path)) == 1


def test_any_other_refusal_has_code_message_and_correlation_id(client: GenesysClient, genesys: FakeGenesys) -> None:
    body = {"code": "bad.request", "message": "The interval\nis too long", "status": 400}
    genesys.on(PATH, Reply(body, 400, {"inin-correlation-id": "c-400"}))

    with pytest.raises(GenesysInvalidResponseError, match=r"400 \(bad\.request: The interval is too long\)") as caught:
        client.get(PATH)

    assert caught.value.debug == "status 400, correlation id c-400"
    assert len(genesys.calls(PATH)) == 1


def test_a_redirect_is_not_followed(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, Reply(b"", 302, {"Location": f"{genesys.url}/elsewhere"}))

    with pytest.raises(GenesysInvalidResponseError, match="status 302"):
        client.get(PATH)

    assert genesys.calls("/elsewhere") == []


def test_a_body_without_end_is_refused(
    client: GenesysClient, genesys: FakeGenesys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.genesys.transport._LARGEST_BODY", 1 << 20)
    genesys.on(PATH, Reply(b'"' + b"x" * (1 << 21) + b'"'))

    with pytest.raises(GenesysInvalidResponseError, match="exceeds 1 MiB"):
        client.get(PATH)


def test_neither_token_nor_secret_is_shown(
    make_client: MakeClient, genesys: FakeGenesys, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(request: Received) -> Reply:
        return Reply({"code": "bad.request", "message": f"got {request.authorization}", "error": SECRET}, 400)

    genesys.on(PATH, echo)
    with caplog.at_level(logging.DEBUG), pytest.raises(GenesysInvalidResponseError) as refused:
        make_client().get(PATH)
    genesys.on("/oauth/token", echo)
    with caplog.at_level(logging.DEBUG), pytest.raises(GenesysAuthError) as unauthorized:
        make_client().get(PATH)

    shown = f"{refused.value!r}{refused.value.debug}{unauthorized.value!r}{unauthorized.value.debug}{caplog.text}"
    assert "got Bearer ***" in shown
    assert not any(secret in shown for secret in ("token-1", SECRET, "dGhlLWNsaWVudC1pZDp0aGUtY2xpZW50LXNlY3JldA"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Date": formatdate(START - 90, usegmt=True)}, 90.0, id="ahead"),
        pytest.param({"Date": formatdate(START + 5, usegmt=True)}, -5.0, id="behind"),
        pytest.param({"Date": "yesterday"}, None, id="not a date"),
        pytest.param({}, None, id="no date"),
    ],
)
def test_the_clock_is_compared_with_that_of_genesys(
    client: GenesysClient, genesys: FakeGenesys, headers: dict[str, str], expected: float | None
) -> None:
    genesys.on(PATH, Reply({"entities": []}, headers=headers))

    client.get(PATH)

    assert client.clock_ahead == expected
