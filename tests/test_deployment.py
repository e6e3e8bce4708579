"""The deployment files: what they name exists, and a bad setting ends the server before it has begun."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

import backend
from backend.settings import settings_table
from sandbox.ports import free_port
from tests.conftest import MakeSettings

ROOT = Path(__file__).parents[1]
APP: dict[str, Any] = yaml.safe_load((ROOT / "app.yaml").read_text())
CRON: list[dict[str, str]] = yaml.safe_load((ROOT / "cron.yaml").read_text())["cron"]
VALID = {
    "GENESYS_REGION": "us-east-1",
    "GENESYS_CLIENT_ID": "client",
    "GENESYS_CLIENT_SECRET": "secret",
    "BIGQUERY_PROJECT": "project",
    "BIGQUERY_DATASET": "genesys",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9",
    "TASKS_KEY": "tasks-key",
    "SECRET_KEY": "secret-key",
    "CONNECTOR_API_KEYS": f"tests:{'0' * 64}",
}


def test_app_yaml_starts_the_documented_server() -> None:
    version = (ROOT / ".python-version").read_text().strip().replace(".", "")
    assert APP["runtime"] == f"python{version}"
    assert APP["entrypoint"] == 'python -m gunicorn --bind :$PORT "backend:create_app()"'


def test_app_yaml_sets_what_is_required_and_nothing_unknown() -> None:
    known = {row["name"] for row in settings_table()}
    required = {row["name"] for row in settings_table() if row["default"] == "required"}
    assert set(APP["env_variables"]) <= known
    assert set(APP["env_variables"]) >= required | {"GENESYS_REGION", "CONNECTOR_API_KEYS"}


def test_app_yaml_holds_secrets_by_reference_only() -> None:
    for row in settings_table():
        if row["secret"] and row["name"] in APP["env_variables"]:
            assert APP["env_variables"][row["name"]].startswith("projects/YOUR_PROJECT/secrets/")


@pytest.fixture(scope="module")
def application(make_settings: MakeSettings) -> Flask:
    return backend.create_app(make_settings())


def test_cron_calls_extract_and_lookups() -> None:
    assert {"/tasks/extract", "/tasks/lookups"} <= {job["url"] for job in CRON}


@pytest.mark.parametrize("job", CRON, ids=lambda job: job["url"])
def test_every_cron_path_is_a_task_that_app_engine_may_call(
    application: Flask, monkeypatch: pytest.MonkeyPatch, job: dict[str, str]
) -> None:
    called: list[str] = []

    def stopped(*arguments: object) -> None:
        called.append(str(arguments[1]))
        raise backend.errors.WarehouseUnavailableError("stopped here")

    monkeypatch.setenv("GAE_ENV", "standard")
    monkeypatch.setattr("backend.web.tasks.perform", stopped)
    answer = application.test_client().get(job["url"], headers={"X-Appengine-Cron": "true"})
    assert answer.status_code not in (401, 404, 405)
    assert called == [job["url"].removeprefix("/tasks/")]
    assert job["schedule"].startswith("every ")


def test_liveness_touches_nothing(application: Flask) -> None:
    answer = application.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def start(changes: dict[str, str], port: int = 0) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], **VALID, **changes}
    arguments = ["--bind", f"127.0.0.1:{port}", "backend:create_app()"]
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"TASKS_KEY": ""}, "TASKS_KEY is missing", id="missing"),
        pytest.param({"GENESYS_REGION": "moon"}, "GENESYS_REGION: 'moon' is not a known", id="unknown region"),
        pytest.param({"RUN_DEADLINE_SECONDS": "soon"}, "RUN_DEADLINE_SECONDS: Input", id="deadline"),
    ],
)
def test_a_bad_setting_ends_the_server_with_one_line_and_no_worker(changes: dict[str, str], said: str) -> None:
    with start(changes) as server:
        _, err = server.communicate(timeout=60)
    assert server.returncode != 0
    assert err.startswith(f"The service does not start: {said}")
    assert err.count("\n") == 1


def test_a_complete_server_answers_and_ends_in_time(tmp_path: Path) -> None:
    port = free_port()
    with start({}, port) as server:
        try:
            assert _answer(f"http://127.0.0.1:{port}/healthz", server) == b'{"status":"ok"}\n'
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=20)
    assert server.returncode == 0


def _answer(url: str, server: "subprocess.Popen[str]") -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        try:
            with opener.open(url, timeout=30) as answer:
                body: bytes = answer.read()
                return body
        except OSError:
            assert server.poll() is None
            time.sleep(0.1)
    raise AssertionError("the server does not answer")
