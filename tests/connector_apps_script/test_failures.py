"""What people read when something fails: plain words, and never what a server or proxy happened to send."""

import pytest

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.errors import UserError
from sandbox.looker.url_fetch import FetchError, FetchResponse
from tests.connector_apps_script.conftest import KEY, OWNER, Call
from tests.connector_apps_script.fake_backend import Answer, FakeBackend, envelope, reply

SECRET = "s3cr3t-of-a-proxy"
HTML = f"<!DOCTYPE html><title>502</title>{SECRET}"
URL = "https://backend.example.com/v1/data"

NO_ANSWER = "The data service cannot be reached."
NOT_AS_IT_SHOULD = "The data service is not answering as it should."
INCOMPLETE = "The answer of the data service arrived incomplete."

FAILURES: dict[str, tuple[Answer, str, str]] = {
    "backend down": (FetchError(f"Exception: Address unavailable: {URL}?{SECRET}"), NO_ANSWER, "BACKEND_URL"),
    "unknown host": (FetchError(f"Exception: DNS error: {URL}?{SECRET}"), NO_ANSWER, "BACKEND_URL"),
    "slow": (FetchError(f"Exception: Timeout: {URL}"), "took too long to answer", "within the minute"),
    "quota": (
        FetchError("Exception: Service invoked too many times for one day: urlfetch."),
        "no more requests today",
        "daily quota",
    ),
    "HTML of a proxy": (FetchResponse(502, HTML), NOT_AS_IT_SHOULD, "HTTP 502"),
    "HTML with 200": (FetchResponse(200, HTML), INCOMPLETE, "HTTP 200"),
    "redirect to a sign-in page": (FetchResponse(302, HTML), NOT_AS_IT_SHOULD, "HTTP 302"),
    "unknown path": (FetchResponse(404, HTML), NOT_AS_IT_SHOULD, "BACKEND_URL"),
    "truncated": (FetchResponse(200, f'{{"rows":[{{"values":["{SECRET}'), INCOMPLETE, "50 MB"),
    "empty": (FetchResponse(200, ""), INCOMPLETE, "HTTP 200"),
    "a list": (FetchResponse(200, f'["{SECRET}"]'), INCOMPLETE, "HTTP 200"),
    "null": (FetchResponse(200, "null"), INCOMPLETE, "HTTP 200"),
    "JSON but no envelope": (reply({"detail": SECRET}, 500), NOT_AS_IT_SHOULD, "HTTP 500"),
    "envelope without a message": (reply({"error": {"code": SECRET}}, 500), NOT_AS_IT_SHOULD, "HTTP 500"),
    "envelope with an empty message": (reply({"error": {"message": ""}}, 500), NOT_AS_IT_SHOULD, "HTTP 500"),
    "error as text": (reply({"error": SECRET}, 400), NOT_AS_IT_SHOULD, "HTTP 400"),
    "envelope": (
        envelope(422, "result_too_large", "1200000 rows; choose fewer fields.", "SELECT 1"),
        "1200000 rows; choose fewer fields. (request req-7)",
        "POST /v1/data: HTTP 422, result_too_large, SELECT 1",
    ),
    "envelope without debug": (
        envelope(502, "not_ready", "No data yet."),
        "No data yet. (request req-7)",
        "POST /v1/data: HTTP 502, not_ready",
    ),
    "key no longer known": (
        envelope(401, "unauthorized", "No."),
        "Reconnect the data source with a valid key. (request req-7)",
        "CONNECTOR_API_KEYS",
    ),
    "401 of a proxy": (FetchResponse(401, HTML), "Reconnect the data source with a valid key.", "HTTP 401"),
}


@pytest.mark.parametrize(("answer", "text", "debug_text"), FAILURES.values(), ids=FAILURES.keys())
def test_failed_request(backend: FakeBackend, call: Call, answer: Answer, text: str, debug_text: str) -> None:
    backend.answers = [answer]
    with pytest.raises(UserError) as raised:
        call("getData", {"fields": []})
    assert text in raised.value.text
    assert debug_text in raised.value.debug_text
    for forbidden in (SECRET, KEY, "Exception", "undefined", "null", "<"):
        assert forbidden not in raised.value.text + raised.value.debug_text


@pytest.mark.parametrize("function", ["getConfig", "getSchema", "getData"])
def test_viewers_do_not_read_what_is_for_admins(backend: FakeBackend, call: Call, function: str) -> None:
    backend.answers = [envelope(400, "unknown_field", "There is no field x.", "SELECT secret_column")]
    with pytest.raises(UserError) as raised:
        call(function, {})
    assert raised.value.text == "There is no field x. (request req-7)"
    assert "SELECT secret_column" in raised.value.debug_text


@pytest.mark.parametrize(
    ("url", "problem"),
    [(None, "BACKEND_URL is missing"), ("  ", "BACKEND_URL is missing"), ("backend", "BACKEND_URL is no web address")],
    ids=["missing", "blank", "no address"],
)
@pytest.mark.parametrize("function", ["setCredentials", "getConfig", "getSchema", "getData"])
def test_backend_address_not_set(
    backend: FakeBackend, script: AppsScript, call: Call, url: str | None, problem: str, function: str
) -> None:
    script.script_properties = {} if url is None else {"BACKEND_URL": url}
    with pytest.raises(UserError, match="This connector is not set up yet") as raised:
        call(function, {"key": "x" * 40})
    assert problem in raised.value.debug_text
    assert backend.asked == []


@pytest.mark.parametrize("function", ["getConfig", "getSchema", "getData"])
def test_missing_key(backend: FakeBackend, script: AppsScript, call: Call, function: str) -> None:
    script.user_properties.clear()
    with pytest.raises(UserError, match="Reconnect the data source and enter a valid key"):
        call(function, {})
    assert backend.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        FetchError(f"Exception: Address unavailable: {URL}"),
        FetchResponse(502, HTML),
        FetchResponse(200, HTML),
        reply({"valid": False}),
        envelope(500, "internal", "Something failed."),
        envelope(403, "forbidden", "Not from here."),
    ],
    ids=["down", "HTML", "HTML with 200", "not valid", "internal", "forbidden"],
)
def test_key_that_could_not_be_checked_is_neither_stored_nor_called_wrong(
    backend: FakeBackend, script: AppsScript, call: Call, answer: Answer
) -> None:
    backend.answers = [answer]
    with pytest.raises(UserError, match="Your key could not be checked"):
        call("setCredentials", {"key": "x" * 40})
    assert script.user_properties[OWNER] == {"dscc.key": KEY}
