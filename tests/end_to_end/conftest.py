"""The whole chain in one process: simulator, backend over HTTP, embedded BigQuery, the real Apps Script files."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from backend import create_app
from backend.settings import Settings
from sandbox.genesys import create_app as create_simulator
from sandbox.genesys.world import World
from sandbox.looker.apps_script import AppsScript
from sandbox.looker.data_source import DataSource
from sandbox.looker.host import LookerStudio
from tests.conftest import API_KEY, TASKS_KEY, MakeSettings

CONNECTOR = Path(__file__).parents[2] / "connector_apps_script"
SEED, CONVERSATIONS, DAYS = 7, 1_500, 3


@dataclass(frozen=True)
class Chain:
    """What was started; `frozen_at` (milliseconds since 1970) is the simulated world's only moment."""

    world: World
    frozen_at: int
    settings: Settings
    backend_url: str

    def task(self, name: str) -> Any:
        answer = requests.get(
            f"{self.backend_url}/tasks/{name}", headers={"Authorization": f"Bearer {TASKS_KEY}"}, timeout=120
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data_source(self) -> DataSource:
        return LookerStudio(AppsScript(CONNECTOR, {"BACKEND_URL": self.backend_url})).add_data_source(key=API_KEY)


@pytest.fixture(scope="module")
def chain(embedded_settings: MakeSettings) -> Iterator[Chain]:
    frozen_at = int(time.time() * 1000)
    world = World(SEED, frozen_at, CONVERSATIONS, DAYS)
    simulator = create_simulator(world, clock=lambda: frozen_at, limit_per_minute=100_000)
    with served(simulator) as genesys_url:
        settings = embedded_settings(
            genesys_region=None,
            genesys_api_url=genesys_url,
            genesys_login_url=genesys_url,
            genesys_client_id="sandbox-client",
            genesys_client_secret="sandbox-secret",
            genesys_requests_per_minute=50_000,
        )
        with served(create_app(settings)) as backend_url:
            yield Chain(world, frozen_at, settings, backend_url)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application at a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
