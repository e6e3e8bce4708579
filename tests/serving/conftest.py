"""A warehouse in the embedded BigQuery, filled once a worker and only read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from google.cloud import bigquery

import backend
from backend.catalog import load_catalog
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from sandbox.looker.apps_script import AppsScript
from sandbox.looker.host import LookerStudio
from sandbox.looker.url_fetch import FetchRequest, FetchResponse
from tests.conftest import API_KEY, MakeSettings
from tests.serving.oracle import Interaction, generate

_BACKEND = "http://backend.test"
_CONNECTOR = Path(__file__).parents[2] / "connector_apps_script"


@dataclass(frozen=True)
class Served:
    """The settings of a filled warehouse and the rows it holds."""

    settings: Settings
    rows: list[Interaction]


@pytest.fixture(scope="module")
def served(embedded_settings: MakeSettings) -> Served:
    settings = embedded_settings()
    warehouse = Warehouse(settings)
    create_missing_tables(warehouse, load_catalog())
    rows = generate(1_500, seed=20240310)
    table = warehouse.client.get_table(warehouse.reference("interaction_details"))
    warehouse.client.load_table_from_json(
        [row.as_loaded() for row in rows], table.reference, job_config=bigquery.LoadJobConfig(schema=table.schema)
    ).result()
    return Served(settings, rows)


def looker_studio(app: Flask) -> LookerStudio:
    """Looker Studio with the real Apps Script files, whose backend is this application."""

    def fetch(request: FetchRequest) -> FetchResponse:
        path = request.url.removeprefix(_BACKEND)
        answer = app.test_client().post(path, data=request.payload.encode(), headers=dict(request.headers))
        return FetchResponse(answer.status_code, answer.get_data(as_text=True))

    return LookerStudio(AppsScript(_CONNECTOR, {"BACKEND_URL": _BACKEND}, fetch=fetch))


type Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def ask(served: Served) -> Ask:
    """`ask(body, max_rows=10)` posts to /v1/data of an application with those settings: status and JSON answer."""

    usual = backend.create_app(served.settings)

    def post(body: dict[str, Any], **values: Any) -> tuple[int, dict[str, Any]]:
        app = backend.create_app(served.settings.model_copy(update=values)) if values else usual
        answer = app.test_client().post("/v1/data", json=body, headers={"Authorization": f"Bearer {API_KEY}"})
        return answer.status_code, answer.get_json()

    return post
