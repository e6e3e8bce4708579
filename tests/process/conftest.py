"""The backend as a process of its own under gunicorn, before a simulator and an embedded BigQuery."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core.exceptions import NotFound

from backend.warehouse.client import Warehouse
from sandbox.bigquery import LocalBigQuery
from sandbox.genesys import World
from sandbox.genesys import create_app as create_simulator
from sandbox.ports import free_port
from tests.conftest import API_KEY, TASKS_KEY, MakeSettings
from tests.end_to_end.conftest import served

ROOT = Path(__file__).parents[2]
NOW = int(time.time() * 1_000)
# With a request a second no run ends before the test says so.
SLOW, FAST = 60, 100_000


@dataclass
class Backend:
    """One gunicorn after another at the same address, before the same warehouse."""

    world: World
    warehouse: Warehouse
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, requests_per_minute: int = FAST, **environment: str) -> None:
        """Waits until it answers."""
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "backend:create_app()"]
        given = {"GENESYS_REQUESTS_PER_MINUTE": str(requests_per_minute)} | environment
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | self.environment | given, stderr=subprocess.DEVNULL, process_group=0
        )
        for _ in range(600):
            try:
                requests.get(f"{self.url}/healthz", timeout=5)
            except requests.ConnectionError:
                assert self.process.poll() is None, "gunicorn has ended"
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the backend does not answer")

    def kill(self) -> None:
        """SIGKILL, workers included."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> int:
        """SIGTERM to gunicorn, as the platform sends it; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def task(self, name: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/tasks/{name}", headers={"Authorization": f"Bearer {TASKS_KEY}"}, timeout=120)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def begin(self, name: str) -> "Call":
        call = Call(self, name)
        call.start()
        return call

    def rows(self, table: str, columns: str = "*") -> list[dict[str, Any]]:
        rows = self.warehouse.run(f"SELECT {columns} FROM {self.warehouse.table(table)}")
        return [dict(row.items()) for row in rows]

    def receipts(self) -> list[dict[str, Any]]:
        """Of extractions; none before the table is there."""
        try:
            return [run for run in self.rows("extraction_runs") if run["task"] == "extract"]
        except NotFound:
            return []

    def expire_lease(self) -> None:
        self.warehouse.run(
            f"UPDATE {self.warehouse.table('extraction_state')} "
            "SET lease_until = TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 SECOND) WHERE lease_until IS NOT NULL"
        )


class Call(threading.Thread):
    """A task asked for while the test goes on; `answer` is None where the backend died."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(daemon=True)
        self._backend, self._name = backend, name
        self.answer: dict[str, Any] | None = None

    def run(self) -> None:
        try:
            self.answer = self._backend.task(self._name)
        except requests.ConnectionError:
            self.answer = None

    def result(self) -> dict[str, Any] | None:
        self.join(60)
        assert not self.is_alive(), "the task does not answer"
        return self.answer


@pytest.fixture
def backend(embedded_settings: MakeSettings, local_bigquery: LocalBigQuery) -> Iterator[Backend]:
    with prepared(embedded_settings, local_bigquery) as backend:
        yield backend


@contextmanager
def prepared(embedded_settings: MakeSettings, local_bigquery: LocalBigQuery) -> Iterator[Backend]:
    """A backend that can be started; whatever still runs at the end is killed."""
    world = World(5, NOW, 300, 2)
    simulator = create_simulator(world, clock=lambda: NOW, limit_per_minute=FAST)
    settings = embedded_settings()
    with served(simulator) as genesys, _ended(Backend(world, Warehouse(settings), {})) as backend:
        backend.environment |= {
            "GENESYS_API_URL": genesys,
            "GENESYS_LOGIN_URL": genesys,
            "GENESYS_CLIENT_ID": "sandbox-client",
            "GENESYS_CLIENT_SECRET": "sandbox-secret",
            "BIGQUERY_PROJECT": settings.bigquery_project,
            "BIGQUERY_DATASET": settings.bigquery_dataset,
            "BIGQUERY_EMULATOR_HOST": local_bigquery.host,
            "TASKS_KEY": TASKS_KEY,
            "SECRET_KEY": "signing-key-of-the-tests",
            "CONNECTOR_API_KEYS": f"tests:{sha256(API_KEY.encode()).hexdigest()}",
            "LEASE_SECONDS": "10",
        }
        yield backend


@contextmanager
def _ended(backend: Backend) -> Iterator[Backend]:
    try:
        yield backend
    finally:
        if backend.process is not None and backend.process.poll() is None:
            backend.kill()
