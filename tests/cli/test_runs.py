"""`runs`: receipts as a table and as JSON lines."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from backend.catalog import load_catalog
from backend.errors import GenesysAuthError
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run
from backend.warehouse.receipts import close_receipt, open_receipt
from backend.warehouse.tables import create_missing_tables
from tests.cli.conftest import Command
from tests.conftest import MakeSettings
from tests.warehouse.temporary import temporary_datasets

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def embedded(embedded_settings: MakeSettings, environment: dict[str, str]) -> Iterator[Settings]:
    """The environment points to a new dataset of the embedded BigQuery."""
    with temporary_datasets(embedded_settings) as make:
        settings = make()
        environment["BIGQUERY_EMULATOR_HOST"] = str(settings.bigquery_emulator_host)
        environment["BIGQUERY_PROJECT"] = settings.bigquery_project
        environment["BIGQUERY_DATASET"] = settings.bigquery_dataset
        yield settings


@pytest.fixture
def receipts(embedded: Settings) -> list[str]:
    """A good run and a newer one that failed; their ids, newest first."""
    warehouse = Warehouse(embedded)
    create_missing_tables(warehouse, load_catalog())
    good = Run("lookups-1", "lookups", NOW - timedelta(hours=3))
    open_receipt(warehouse, good)
    close_receipt(warehouse, good, requests=6)
    failed = Run("extract-2", "extract", NOW - timedelta(hours=1))
    open_receipt(warehouse, failed)
    close_receipt(warehouse, failed, requests=1, error=GenesysAuthError("The client is refused."))
    return [failed.id, good.id]


def test_the_last_runs_newest_first(command: Command, receipts: list[str]) -> None:
    done = command("runs")

    assert done.exit_code == 0
    heading, failed, good = done.stdout.splitlines()
    assert heading.split() == ["started", "task", "status", "seconds", "records", "run", "error"]
    assert failed.split()[2:4] + failed.split()[5:] == ["extract", "failed", "0", "extract-2", "genesys_auth"]
    assert good.split()[2:4] + good.split()[5:] == ["lookups", "ok", "0", "lookups-1"]
    assert heading.index("run  ") == failed.index("extract-2") == good.index("lookups-1")

    (line,) = command("runs", "--json", "--limit", "1").stdout.splitlines()
    receipt = json.loads(line)
    assert (receipt["run_id"], receipt["error_message"]) == ("extract-2", "The client is refused.")
    assert receipt["started_at"] == f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000Z"


def test_before_the_first_run(command: Command, embedded: Settings) -> None:
    done = command("runs")

    assert (done.exit_code, done.stdout) == (0, "No run in the last 8 days.\n")
