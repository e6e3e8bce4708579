"""The script against a server on a real socket."""

import hashlib
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.errors import UserError
from tests.connector_apps_script.conftest import CONNECTOR, OWNER

KEY = "schlüssel-" + "k" * 32
KEY_HASH = hashlib.sha256(KEY.encode()).hexdigest()

app = Flask(__name__)


@app.before_request
def authorize() -> tuple[dict[str, object], int] | None:
    token = request.headers["Authorization"].removeprefix("Bearer ").encode("latin-1")
    if hashlib.sha256(token).hexdigest() == KEY_HASH:
        return None
    return {"error": {"code": "unauthorized", "message": "Unknown key.", "debug": "", "requestId": "r1"}}, 401


@app.post("/v1/credentials")
def credentials() -> dict[str, object]:
    return {"valid": request.get_json() == {}}


@app.post("/v1/data")
def data() -> dict[str, object]:
    return {"echo": request.get_json()}


@app.post("/v1/schema")
def cut_schema() -> Response:
    return Response('{"schema": [', content_type="application/json")


@app.post("/v1/config")
def moved() -> Response:
    return Response(status=302, headers={"Location": "/v1/credentials"})


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def http_script(address: str) -> AppsScript:
    return AppsScript(CONNECTOR, {"BACKEND_URL": address})


def test_key_data_and_refusal(http_script: AppsScript) -> None:
    wrong = http_script.call("setCredentials", {"key": "w" * 40}, effective_user=OWNER)
    right = http_script.call("setCredentials", {"key": KEY}, effective_user=OWNER)
    assert (wrong, right) == ({"errorCode": "INVALID_CREDENTIALS"}, {"errorCode": "NONE"})
    body = {"fields": [{"name": "Zürich \U0001f4de"}]}
    assert http_script.call("getData", body, effective_user=OWNER) == {"echo": body}


@pytest.mark.parametrize(
    ("function", "text"),
    [("getSchema", "arrived incomplete"), ("getConfig", "not answering as it should")],
    ids=["truncated JSON", "redirect is not followed"],
)
def test_broken_answers(http_script: AppsScript, function: str, text: str) -> None:
    http_script.user_properties[OWNER] = {"dscc.key": KEY}
    with pytest.raises(UserError, match=text):
        http_script.call(function, {}, effective_user=OWNER)


def test_nobody_listens() -> None:
    script = AppsScript(CONNECTOR, {"BACKEND_URL": "http://127.0.0.1:1"}, user_properties={OWNER: {"dscc.key": KEY}})
    with pytest.raises(UserError, match="cannot be reached"):
        script.call("getData", {}, effective_user=OWNER)
