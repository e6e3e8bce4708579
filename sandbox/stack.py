"""The processes of the sandbox: embedded BigQuery, simulated Genesys Cloud, and the backend under gunicorn."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from sandbox.bigquery import LocalBigQuery
from sandbox.environment import Keys, backend_environment, has_genesys_address
from sandbox.genesys.oauth import Client
from sandbox.ports import LOOPBACK, chosen_port
from sandbox.processes import child_process
from sandbox.steps import Steps

_PROJECT, _DATASET = "sandbox", "genesys"
_REQUESTS_PER_MINUTE = 6_000
_START_SECONDS = 60
_STOP_SECONDS = 9


class ProcessError(Exception):
    """A process of the sandbox did not start, or ended by itself."""


@dataclass(frozen=True)
class Stack:
    """Everything that answers. `settings` are the backend's, in force, without secrets."""

    backend_url: str
    genesys_url: str
    bigquery_host: str
    storage_host: str | None
    keys: Keys
    settings: Mapping[str, Any]
    processes: Mapping[str, "Service"]

    def check(self) -> None:
        """Raises `ProcessError` where one of them has ended."""
        for service in self.processes.values():
            service.check()


@dataclass(frozen=True)
class Service:
    """A child process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        if (code := self.process.poll()) is not None:
            tail = self.log.read_text(errors="replace").strip().splitlines()[-3:]
            raise ProcessError(
                "\n".join([f"{self.name} ended with exit code {code}; its log ({self.log}) ends:", *tail])
            )

    def wait_until(self, url: str) -> None:
        """Waits until something answers there."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                requests.get(url, timeout=5)
            except requests.RequestException:
                self.check()
                if time.monotonic() > deadline:
                    raise ProcessError(f"{self.name} does not answer, see {self.log}") from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def running_stack(local: Path, steps: Steps) -> Iterator[Stack]:
    """Starts everything below the folder `local` and ends it again, the backend first."""
    environment = dict(os.environ)
    with ExitStack() as exits:
        bigquery, host, storage_host = {}, environment.get("BIGQUERY_EMULATOR_HOST", ""), None
        if not host:
            with steps.step("Embedded BigQuery"):
                engine = exits.enter_context(
                    LocalBigQuery(
                        local / "bigquery", _PROJECT, local / "cache", rest_port=chosen_port("BIGQUERY_PORT", 9050)
                    )
                )
                engine.free_abandoned_jobs()
            host, storage_host = engine.host, engine.storage_host
            bigquery = {
                "BIGQUERY_PROJECT": _PROJECT,
                "BIGQUERY_DATASET": _DATASET,
                "BIGQUERY_EMULATOR_HOST": host,
                "BIGQUERY_STORAGE_EMULATOR_HOST": storage_host,
            }
        processes: dict[str, Service] = {}
        client = Client("sandbox-client", "sandbox-secret")
        genesys_url = environment.get("GENESYS_API_URL", "")
        if not has_genesys_address(environment):
            with steps.step("Simulated Genesys Cloud"):
                port = chosen_port("GENESYS_PORT", 8090)
                genesys_url = f"http://{LOOPBACK}:{port}"
                command = _simulator_command(port, local / "genesys", client)
                processes["genesys"] = exits.enter_context(_service("genesys", command, environment, local))
                processes["genesys"].wait_until(genesys_url)
        with steps.step("Backend under gunicorn"):
            environment, keys = backend_environment(
                environment, genesys_url=genesys_url, client=(client.id, client.secret), bigquery=bigquery
            )
            settings = _settings_in_force(environment)
            address = f"{LOOPBACK}:{chosen_port('PORT', 8080)}"
            command = [sys.executable, "-m", "gunicorn", "--bind", address, "backend:create_app()"]
            processes["backend"] = exits.enter_context(_service("backend", command, environment, local))
            processes["backend"].wait_until(f"http://{address}/healthz")
        yield Stack(f"http://{address}", genesys_url, host, storage_host, keys, settings, processes)


@contextmanager
def _service(name: str, command: list[str], environment: Mapping[str, str], local: Path) -> Iterator[Service]:
    log = local / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = child_process(command, env=environment, stdout=output)
        try:
            yield Service(name, process, log)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _simulator_command(port: int, state: Path, client: Client) -> list[str]:
    credentials = ["--client-id", client.id, "--client-secret", client.secret]
    limit = ["--requests-per-minute", str(_REQUESTS_PER_MINUTE)]
    return [sys.executable, "-m", "sandbox.genesys", "--port", str(port), "--state", str(state), *credentials, *limit]


def _settings_in_force(environment: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "backend", "settings", "--in-force"]
    asked = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise ProcessError(f"the backend refuses its settings: {asked.stderr.strip()}")
    settings: dict[str, Any] = json.loads(asked.stdout)
    return settings
