import hashlib

import pytest
from flask import Flask

import backend
from tests.conftest import API_KEY, TASKS_KEY, MakeSettings

OTHER_KEY = "schlüssel-" * 4
IDENTITY_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJlbWFpbCI6ImFAYi5jIn0.c2lnbmF0dXJlX29mX2FfdG9rZW4"
SHORT_KEY = "k" * 31


@pytest.fixture(scope="module")
def application(make_settings: MakeSettings) -> Flask:
    keys = {
        "one": API_KEY,
        "two": OTHER_KEY,
        "short": SHORT_KEY,
        "blank": "key with a\ttab and more than 32 characters",
    }
    entries = [f"{name}:{hashlib.sha256(key.encode()).hexdigest().upper()}" for name, key in keys.items()]
    return backend.create_app(make_settings(connector_api_keys=", ".join(entries)))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f"Bearer {API_KEY}", id="key"),
        pytest.param(f"bearer {API_KEY}", id="scheme in lower case"),
        pytest.param(f"Bearer   {API_KEY} ", id="blanks around"),
        pytest.param(f"Bearer {OTHER_KEY}".encode().decode("latin-1"), id="another key, in UTF-8"),
    ],
)
def test_a_known_key_is_let_in(application: Flask, header: str) -> None:
    answer = application.test_client().post("/v1/credentials", json={}, headers={"Authorization": header})
    assert (answer.status_code, answer.get_json()) == (200, {"valid": True})


@pytest.mark.parametrize(
    ("header", "said"),
    [
        pytest.param(None, "No API key", id="no header"),
        pytest.param("", "No API key", id="empty header"),
        pytest.param("Bearer", "No API key", id="no key"),
        pytest.param("Bearer  ", "No API key", id="blank key"),
        pytest.param(f"Basic {API_KEY}", "No API key", id="another scheme"),
        pytest.param(API_KEY, "No API key", id="no scheme"),
        pytest.param("Bearer \xff" + API_KEY, "No API key", id="not UTF-8"),
        pytest.param(f"Bearer {API_KEY}x", "not valid", id="longer"),
        pytest.param(f"Bearer {API_KEY[:-1]}", "not valid", id="shorter"),
        pytest.param(f"Bearer {hashlib.sha256(API_KEY.encode()).hexdigest()}", "not valid", id="the hash itself"),
        pytest.param(f"Bearer {SHORT_KEY}", "not valid", id="known but too short"),
        pytest.param("Bearer key with a\ttab and more than 32 characters", "not valid", id="known but not printable"),
        pytest.param(f"Bearer {TASKS_KEY}", "not valid", id="tasks key"),
        pytest.param(f"Bearer {IDENTITY_TOKEN}", "identity tokens", id="identity token"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/config", "/v1/schema", "/v1/data", "/v1/credentials"])
def test_nobody_else_is(application: Flask, path: str, header: str | None, said: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = application.test_client().post(path, data=b"not even JSON", headers=headers)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"]) == (401, "unauthorized")
    assert said in error["message"]
    assert "Enter the API key" in error["message"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/v1/status", "/tasks/extract", "/tasks/lookups"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no header"),
        pytest.param({"Authorization": f"Bearer {API_KEY}"}, id="connector key"),
        pytest.param({"Authorization": f"Bearer {TASKS_KEY}x"}, id="wrong key"),
        pytest.param({"X-Appengine-Cron": "true"}, id="cron header outside App Engine"),
    ],
)
def test_operators_need_the_tasks_key(application: Flask, path: str, headers: dict[str, str]) -> None:
    answer = application.test_client().get(path, headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("value", ["false", "1", ""])
def test_cron_says_true(application: Flask, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GAE_ENV", "standard")
    answer = application.test_client().get("/tasks/lookups", headers={"X-Appengine-Cron": value})
    assert answer.status_code == 401


def test_cron_does_not_open_the_status(application: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAE_ENV", "standard")
    answer = application.test_client().get("/v1/status", headers={"X-Appengine-Cron": "true"})
    assert answer.status_code == 401
