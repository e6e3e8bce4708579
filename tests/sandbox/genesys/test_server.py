"""The simulator as a process: what a user starts, stops and starts again."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.genesys.__main__ import main

SMALL = ("--conversations", "50", "--days", "1", "--seed", "4")


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running simulator with the address that it prints."""
    command = [sys.executable, "-m", "sandbox.genesys", "--port", "0", "--state", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        try:
            yield process, address[0]
        finally:
            process.terminate()


def log_in(url: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(
        f"{url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
        timeout=20,
    )
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def first_queue(url: str) -> str:
    answer = log_in(url).get(f"{url}/api/v2/routing/queues", timeout=20)
    return str(answer.json()["entities"][0]["id"])


def test_a_restart_goes_on_with_the_same_world(tmp_path: Path) -> None:
    with served(tmp_path, *SMALL) as (process, url):
        queue = first_queue(url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    kept = json.loads((tmp_path / "world.json").read_bytes())
    with served(tmp_path, "--seed", "5") as (_, url):
        assert first_queue(url) == queue
    assert json.loads((tmp_path / "world.json").read_bytes()) == kept
    assert kept["seed"] == 4


def test_an_ordered_reset_reaches_the_client(tmp_path: Path) -> None:
    with served(tmp_path, *SMALL) as (_, url):
        session = log_in(url)
        session.post(f"{url}/__sim__/faults", json={"kind": "reset", "path": "/api/v2/users"}, timeout=20)
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            session.get(f"{url}/api/v2/users", timeout=20)
        assert session.get(f"{url}/api/v2/users", timeout=20).status_code == 200


def test_a_kept_world_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text("{}")

    with pytest.raises(SystemExit, match=r"world\.json is not a kept world .*delete it to begin a new one"):
        main(["--port", "0", "--state", str(tmp_path)])
