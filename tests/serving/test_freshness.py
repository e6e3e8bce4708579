"""A commit is seen by every instance; until then kept answers stand, without a query."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import responses

import backend
from backend.catalog import load_catalog
from backend.serving import freshness as module
from backend.serving.freshness import Freshness, FreshnessReader
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from tests.conftest import API_KEY, MakeSettings

HOST = "http://bigquery.test"
STATE = f"{HOST}/bigquery/v2/projects/project/datasets/genesys/tables/extraction_state"
REFERENCE = {"projectId": "project", "datasetId": "genesys", "tableId": "extraction_state"}
FIELDS = [{"name": "data_version", "type": "INTEGER"}, {"name": "settled_through", "type": "TIMESTAMP"}]
CHART = {"dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-10"}, "fields": [{"name": "interactions"}]}
ROW = """INSERT INTO {table} (id, created_date, updated_date, abandoned, answered, transferred, settled, record_hash,
  extracted_at)
VALUES ('{id}', TIMESTAMP '2024-03-10', TIMESTAMP '2024-03-10', FALSE, TRUE, FALSE, FALSE, 'hash',
  CURRENT_TIMESTAMP())"""


def reader(make_settings: MakeSettings) -> FreshnessReader:
    return FreshnessReader(Warehouse(make_settings(bigquery_project="project", bigquery_emulator_host=HOST)))


@responses.activate
def test_the_state_is_read_at_most_every_few_seconds(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    responses.get(STATE, json={"tableReference": REFERENCE, "schema": {"fields": FIELDS}})
    settled = datetime(2024, 3, 10, tzinfo=UTC)
    row = {"f": [{"v": "7"}, {"v": str(int(settled.timestamp() * 1_000_000))}]}
    rows = responses.get(f"{STATE}/data", json={"totalRows": "1", "rows": [row]})
    state = reader(make_settings)
    for later, reads in ((0, 1), (2.9, 1), (0.2, 2), (1, 2), (9, 3)):
        now[0] += later
        assert state.read() == Freshness(7, settled)
        assert rows.call_count == reads


@responses.activate
def test_without_a_state_nothing_is_known(make_settings: MakeSettings) -> None:
    responses.get(STATE, status=404, json={"error": {"message": "no such table"}})
    assert reader(make_settings).read() == Freshness(None, None)


@pytest.fixture
def warehouse(embedded_settings: MakeSettings) -> Warehouse:
    warehouse = Warehouse(embedded_settings())
    create_missing_tables(warehouse, load_catalog())
    return warehouse


def test_a_commit_is_seen_by_every_instance(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    instances = [counter(warehouse) for _ in range(2)]
    insert(warehouse, "first")
    assert [count() for count in instances] == ["1", "1"]
    insert(warehouse, "second")
    assert [count() for count in instances] == ["1", "1"], "kept: the commit has not said that data changed"
    raise_version(warehouse)
    assert [count() for count in instances] == ["2", "2"]


def counter(warehouse: Warehouse) -> Callable[[], Any]:
    """One instance of the service; asks how many interactions there are."""
    client = backend.create_app(warehouse._settings).test_client()

    def count() -> Any:
        answer = client.post("/v1/data", json=CHART, headers={"Authorization": f"Bearer {API_KEY}"})
        [row] = answer.get_json()["rows"]
        return row["values"][0]

    return count


def insert(warehouse: Warehouse, identifier: str) -> None:
    warehouse.run(ROW.format(table=warehouse.table("interaction_details"), id=identifier))


def raise_version(warehouse: Warehouse) -> None:
    state = warehouse.table("extraction_state")
    warehouse.run(f"UPDATE {state} SET data_version = data_version + 1 WHERE id = 'extraction'")
