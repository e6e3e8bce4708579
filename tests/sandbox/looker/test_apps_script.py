"""The runtime treats a script as Apps Script does; each case is a script of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.errors import ExecutionTimeError, ScriptError, UserError
from sandbox.looker.url_fetch import FetchRequest, FetchResponse

USER = "owner@example.com"
EXTERNAL_REQUEST = "https://www.googleapis.com/auth/script.external_request"

type Make = Callable[..., AppsScript]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A project whose function `run` has the given body."""

    def make(body: str, scopes: tuple[str, ...] = (EXTERNAL_REQUEST,), **more: Any) -> AppsScript:
        (tmp_path / "appsscript.json").write_text(json.dumps({"oauthScopes": scopes}))
        (tmp_path / "Code.js").write_text(f"let calls = 0;\nfunction run(request) {{ {body} }}")
        return AppsScript(tmp_path, {}, **more)

    return make


def run(script: AppsScript, *request: Any) -> Any:
    return script.call("run", *request, effective_user=USER)


def answer(status: int) -> Callable[[FetchRequest], FetchResponse]:
    return lambda request: FetchResponse(status, f"{request.method} {request.payload}")


def test_no_state_survives_a_call(make: Make) -> None:
    script = make("calls += 1; return calls;")
    assert [run(script), run(script)] == [1, 1]


def test_what_is_not_json_does_not_cross(make: Make) -> None:
    assert run(make("return {gone: undefined, date: new Date(0), none: null};")) == {
        "date": "1970-01-01T00:00:00.000Z",
        "none": None,
    }


@pytest.mark.parametrize(
    "name", ["setTimeout", "fetch", "URL", "TextEncoder", "atob", "btoa", "performance", "queueMicrotask", "__host"]
)
def test_what_apps_script_lacks(make: Make, name: str) -> None:
    with pytest.raises(ScriptError, match=f"{name} is not defined"):
        run(make(f"return {name};"))


def test_clock_is_the_hosts(make: Make) -> None:
    now = "return [Date.now(), new Date().getTime(), new Date(5).getTime(), new Date() instanceof Date];"
    assert run(make(now, clock=lambda: 1_710_000_000.25)) == [1_710_000_000_250, 1_710_000_000_250, 5, True]


@pytest.mark.parametrize(
    ("body", "text", "debug_text"),
    [
        ("cc.newUserError().setText('a').setDebugText('b').throwException();", "a", "b"),
        ("throw new Error('DS_USER: a');", "a", ""),
        ("throw new Error('DS_USER:a');", "a", ""),
    ],
    ids=["builder", "marked message", "marked message without a space"],
)
def test_user_errors(make: Make, body: str, text: str, debug_text: str) -> None:
    with pytest.raises(UserError) as raised:
        run(make(f"const cc = DataStudioApp.createCommunityConnector(); {body}"))
    assert (raised.value.text, raised.value.debug_text) == (text, debug_text)


def test_caught_user_error_tells_nothing(make: Make) -> None:
    body = """
        try {
          DataStudioApp.createCommunityConnector().newUserError().setText('a').throwException();
        } catch (error) { return String(error) + JSON.stringify(error); }
    """
    assert run(make(body)) == "Error: Exception{}"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("throw 'x';", "run: x"),
        ("return missing();", "missing is not defined"),
        ("return UrlFetchApp.fetchAll([]);", "UrlFetchApp.fetchAll is not a function"),
        ("return UrlFetchApp.fetch('https://x', {mutehttpexceptions: true});", "unknown options"),
        ("return UrlFetchApp.fetch('https://x', {}).getContentText();", "returned code 500"),
        ("PropertiesService.getUserProperties().setProperty('k', 'x'.repeat(9217));", "Argument too large"),
        ("throw ", "cannot be loaded"),
    ],
)
def test_script_errors(make: Make, body: str, problem: str) -> None:
    with pytest.raises(ScriptError, match=problem):
        run(make(body, fetch=answer(500)))


def test_fetch(make: Make) -> None:
    body = """
        const response = UrlFetchApp.fetch('https://x', {method: 'post', payload: 'p', muteHttpExceptions: true});
        return [response.getResponseCode(), response.getContentText()];
    """
    assert run(make(body, fetch=answer(500))) == [500, "POST p"]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [((), ["", None]), (("https://www.googleapis.com/auth/userinfo.email",), [USER, None]), (("openid",), ["", "t"])],
    ids=["none", "e-mail", "openid"],
)
def test_identity_needs_its_scope(make: Make, scopes: tuple[str, ...], expected: list[str | None]) -> None:
    body = "return [Session.getEffectiveUser().getEmail(), ScriptApp.getIdentityToken()];"
    assert run(make(body, scopes, identity_token=lambda email: "t")) == expected


def test_fetch_needs_its_scope(make: Make) -> None:
    with pytest.raises(ScriptError, match="permission"):
        run(make("UrlFetchApp.fetch('https://x', {});", scopes=()))


def test_six_minutes_end_an_execution_whatever_the_script_catches(make: Make) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    body = "for (let i = 0; i < 100; i++) { try { Utilities.sleep(60000); } catch (error) { calls += 1; } }"
    with pytest.raises(ExecutionTimeError, match="Exceeded maximum execution time"):
        run(make(body, clock=lambda: now[0], sleep=sleep))
    assert now[0] == 420.0


def test_interrupt_of_the_stand_in_is_no_error_of_the_script(make: Make) -> None:
    def interrupted(request: FetchRequest) -> FetchResponse:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(make("try { UrlFetchApp.fetch('https://x', {}); } catch (error) { return 1; }", fetch=interrupted))
