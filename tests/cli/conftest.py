"""Commands run as an operator runs them, with settings in the environment."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from backend.cli import commands
from backend.settings import settings_table
from tests.conftest import API_KEY
from tests.genesys.conftest import genesys

__all__ = ["genesys"]

SECRET = "secret-that-no-command-shows"

type Command = Callable[..., Result]


@pytest.fixture
def environment() -> dict[str, str]:
    """Complete settings, of addresses that nobody listens at unless a test changes them."""
    return {
        "GENESYS_API_URL": "http://127.0.0.1:9",
        "GENESYS_LOGIN_URL": "http://127.0.0.1:9",
        "GENESYS_CLIENT_ID": "the-client",
        "GENESYS_CLIENT_SECRET": SECRET,
        "BIGQUERY_PROJECT": "project",
        "BIGQUERY_DATASET": "genesys",
        "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9",
        "TASKS_KEY": "tasks-key",
        "SECRET_KEY": "signing-key",
        "CONNECTOR_API_KEYS": f"tests:{sha256(API_KEY.encode()).hexdigest()}",
    }


@pytest.fixture
def command(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`command("runs", "--json")`: the result of that command line in exactly this environment."""

    def run(*arguments: str) -> Result:
        for row in settings_table():
            monkeypatch.delenv(row["name"], raising=False)
        return CliRunner().invoke(commands, arguments, env=environment, catch_exceptions=False)

    return run


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application at a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
