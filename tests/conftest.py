"""Fixtures for everybody: golden files, settings, and the embedded BigQuery."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.settings import Settings
from sandbox.bigquery import LocalBigQuery

API_KEY = "connector-key-of-the-tests-0123456789"
TASKS_KEY = "tasks-key-of-the-tests"

_GOLDEN = Path(__file__).parent / "golden"
_CACHE = Path(__file__).parents[1] / ".local" / "cache"

type Golden = Callable[[str, str], None]
type MakeSettings = Callable[..., Settings]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden("serving/name.sql", text)` compares the text with the file of that name below `tests/golden`."""

    def check(name: str, text: str) -> None:
        file = _GOLDEN / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file} is missing: run pytest --update-golden and review what it writes"
        assert text == file.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="module")
def local_bigquery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBigQuery]:
    """One server a file, since it slows with each project that it holds; tests keep apart by projects of their own."""
    with LocalBigQuery(tmp_path_factory.mktemp("bigquery"), "nobody", _CACHE) as server:
        yield server


@pytest.fixture(scope="session")
def make_settings() -> MakeSettings:
    """Complete settings, of a warehouse that nobody listens for unless given; keyword arguments override."""

    def make(**values: Any) -> Settings:
        complete: dict[str, Any] = {
            "genesys_region": "us-east-1",
            "genesys_client_id": "client",
            "genesys_client_secret": "secret",
            "bigquery_project": f"project-{uuid.uuid4().hex[:12]}",
            "bigquery_dataset": "genesys",
            "bigquery_emulator_host": "http://127.0.0.1:9",
            "connector_api_keys": f"tests:{hashlib.sha256(API_KEY.encode()).hexdigest()}",
            "tasks_key": TASKS_KEY,
            "secret_key": "signing-key-of-the-tests",
        }
        return Settings(**complete | values)

    return make


@pytest.fixture(scope="module")
def embedded_settings(make_settings: MakeSettings, local_bigquery: LocalBigQuery) -> MakeSettings:
    """As `make_settings`, of the embedded BigQuery, in a new project each."""

    def make(**values: Any) -> Settings:
        addresses = {
            "bigquery_emulator_host": local_bigquery.host,
            "bigquery_storage_emulator_host": local_bigquery.storage_host,
        }
        return make_settings(**addresses | values)

    return make
