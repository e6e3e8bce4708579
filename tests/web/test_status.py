"""The status, at each moment of a pipeline's life: receipts and state as runs leave them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import backend
from backend.catalog import load_catalog
from backend.errors import GenesysAuthError, ServiceError
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run, commit
from backend.warehouse.commit_script import Quarantined, Settling
from backend.warehouse.comparison import Summary, store_comparison
from backend.warehouse.lease import Lease
from backend.warehouse.receipts import close_receipt, open_receipt
from backend.warehouse.state import keep_first_start
from backend.warehouse.tables import create_missing_tables
from tests.conftest import TASKS_KEY, MakeSettings
from tests.warehouse.contents import empty, flats, staged_batch
from tests.warehouse.temporary import temporary_datasets

DATASET = load_catalog()["interaction_details"]
KEYS = {
    *("name", "status", "last_run_timestamp", "records_processed", "records_average_3h", "watermark"),
    *("settled_through", "freshness_seconds", "quarantined", "open_conversations", "completeness", "alerts"),
}


class Pipeline:
    """Leaves in the warehouse what runs would, and asks for the status."""

    def __init__(self, settings: Settings) -> None:
        self.warehouse = Warehouse(settings)
        self._client = backend.create_app(settings).test_client()
        self.now = datetime.now(UTC)

    def status(self) -> dict[str, Any]:
        answer = self._client.get("/v1/status", headers={"Authorization": f"Bearer {TASKS_KEY}"})
        assert answer.status_code == 200
        body: dict[str, Any] = answer.get_json()
        assert set(body) == {"status", "datasets", "alerts"}
        dataset: dict[str, Any]
        (dataset,) = body["datasets"]
        assert set(dataset) == KEYS
        assert (body["status"], body["alerts"]) == (dataset["status"], dataset["alerts"])
        return dataset

    def begin(self, name: str) -> tuple[Run, Lease]:
        run = Run(f"{name}-{self.now:%H%M%S%f}-{self.warehouse.dataset}", "extract", self.now)
        lease = Lease.acquire(self.warehouse, run.id, seconds=60, clock=lambda: 0.0)
        assert lease is not None
        open_receipt(self.warehouse, run)
        return run, lease

    def succeed(self, name: str, identities: tuple[str, ...] = (), **options: Any) -> None:
        run, lease = self.begin(name)
        batch = staged_batch(self.warehouse, run, flats(*identities, end=None), **options)
        commit(self.warehouse, DATASET, batch, run, lease)
        lease.release(self.now)

    def fail(self, name: str, error: ServiceError) -> None:
        run, lease = self.begin(name)
        close_receipt(self.warehouse, run, requests=1, error=error)
        lease.release(self.now)


@pytest.fixture(scope="module")
def module_settings(embedded_settings: MakeSettings) -> Iterator[Settings]:
    with temporary_datasets(embedded_settings) as make:
        settings = make()
        create_missing_tables(Warehouse(settings), load_catalog())
        yield settings


@pytest.fixture
def pipeline(module_settings: Settings) -> Pipeline:
    pipeline = Pipeline(module_settings)
    empty(pipeline.warehouse)
    keep_first_start(pipeline.warehouse, datetime(2024, 3, 1, tzinfo=UTC))
    return pipeline


NOTHING = dict.fromkeys(KEYS - {"name", "status", "alerts"})


def test_before_any_table_exists(temporary_settings: MakeSettings) -> None:
    expected = {"name": "interaction_details", "status": "STALE", "alerts": []} | NOTHING
    assert Pipeline(temporary_settings()).status() == expected


def test_before_the_first_run(pipeline: Pipeline) -> None:
    counted = {"quarantined": 0, "open_conversations": 0}
    assert pipeline.status() == {"name": "interaction_details", "status": "STALE", "alerts": []} | NOTHING | counted


def test_after_a_run(pipeline: Pipeline) -> None:
    watermark = pipeline.now.replace(microsecond=0) - timedelta(minutes=2)
    bad = (Quarantined("bad", "why"),)
    pipeline.succeed("run-1", ("a", "b"), quarantined=bad, watermark=watermark)
    found = pipeline.status()
    assert (found["status"], found["alerts"]) == ("ACTIVE", [])
    assert (found["records_processed"], found["records_average_3h"]) == (3, 3.0)
    assert (found["quarantined"], found["open_conversations"]) == (1, 2)
    assert found["watermark"] == f"{watermark:%Y-%m-%dT%H:%M:%S}.000Z"
    assert isinstance(found["freshness_seconds"], int)
    assert 120 <= found["freshness_seconds"] < 300
    ended = datetime.fromisoformat(found["last_run_timestamp"])
    assert found["last_run_timestamp"].endswith("Z")
    assert timedelta(0) <= datetime.now(UTC) - ended < timedelta(minutes=3)


def test_while_a_run_works(pipeline: Pipeline) -> None:
    pipeline.succeed("run-1")
    pipeline.begin("run-2")
    assert pipeline.status()["status"] == "RUNNING"


def test_after_a_failure(pipeline: Pipeline) -> None:
    pipeline.fail("run-1", GenesysAuthError("The OAuth client is refused."))
    failed = pipeline.status()
    (alert,) = failed["alerts"]
    assert (failed["status"], alert["code"]) == ("FAILED", "run_failed")
    assert "genesys_auth" in alert["message"]
    assert "The OAuth client is refused." in alert["message"]
    assert "GET /tasks/extract" in alert["message"]
    assert alert["since"] == failed["last_run_timestamp"]


def test_after_a_night_that_compared_counts(pipeline: Pipeline) -> None:
    day = pipeline.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    through = pipeline.now.replace(microsecond=0) - timedelta(hours=6)
    store_comparison(pipeline.warehouse, day, [Summary(day, "nOffered", 200, 150, 3, pipeline.now)], [])
    pipeline.succeed("settle-1", settling=Settling(None, "", through))
    found = pipeline.status()
    assert found["completeness"] == 0.75
    assert found["settled_through"] == f"{through:%Y-%m-%dT%H:%M:%S}.000Z"
    assert [alert["code"] for alert in found["alerts"]] == ["counts_differ"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-Appengine-Cron": "true"}])
def test_nobody_else_may(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    monkeypatch.setenv("GAE_ENV", "standard")
    answer = backend.create_app(make_settings()).test_client().get("/v1/status", headers=headers)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "unauthorized")
