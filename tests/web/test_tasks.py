"""What the scheduler calls: who may, and the exact shape of every answer."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
import responses
from flask.testing import FlaskClient

import backend
from backend.catalog import load_catalog
from backend.settings import Settings
from backend.warehouse.client import RETRY, Warehouse
from backend.warehouse.lease import Lease
from backend.warehouse.tables import create_missing_tables
from tests.conftest import TASKS_KEY, MakeSettings
from tests.extraction.organization import LOOKUPS
from tests.genesys.fakes import FakeGenesys, Reply
from tests.warehouse.contents import empty
from tests.warehouse.temporary import temporary_datasets

OPERATOR = {"Authorization": f"Bearer {TASKS_KEY}"}
CRON = {"X-Appengine-Cron": "true"}
QUERY = "/api/v2/analytics/conversations/details/query"
PATHS = ["/tasks/extract", "/tasks/settle", "/tasks/lookups"]


class Service:
    """An application of an empty warehouse and of a Genesys without conversations."""

    def __init__(self, make: Callable[..., Settings], genesys: FakeGenesys) -> None:
        self.genesys = genesys
        genesys.on(QUERY, Reply({"totalHits": 0}))
        for path, entities in LOOKUPS.items():
            genesys.on(path, Reply({"entities": entities, "pageCount": 1}))
        self.settings = make(
            genesys_region=None,
            genesys_api_url=genesys.url,
            genesys_login_url=genesys.url,
            genesys_client_secret="the-client-secret",
            genesys_requests_per_minute=100_000,
            extract_start=datetime.now().date().isoformat(),
        )
        self.warehouse = Warehouse(self.settings)
        self.client: FlaskClient = backend.create_app(self.settings).test_client()

    def hold_lease(self) -> Lease:
        lease = Lease.acquire(self.warehouse, "another", seconds=60, clock=lambda: 0.0)
        assert lease is not None
        return lease


@pytest.fixture(scope="module")
def dataset(embedded_settings: MakeSettings) -> Iterator[Settings]:
    with temporary_datasets(embedded_settings) as make:
        settings = make()
        create_missing_tables(Warehouse(settings), load_catalog())
        yield settings


@pytest.fixture
def service(embedded_settings: MakeSettings, dataset: Settings, genesys: FakeGenesys) -> Service:
    place = {"bigquery_project": dataset.bigquery_project, "bigquery_dataset": dataset.bigquery_dataset}
    empty(Warehouse(dataset))
    return Service(partial(embedded_settings, **place), genesys)


@pytest.fixture
def unreached(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """An application whose warehouse answers nothing but that it is broken."""
    for module in ("client", "tables", "lease"):
        monkeypatch.setattr(f"backend.warehouse.{module}.RETRY", RETRY.with_timeout(0.1), raising=False)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as broken:
        for method in ("GET", "POST"):
            broken.add(
                method, url=re.compile("http://bigquery.test/.*"), status=503, json={"error": {"message": "broken"}}
            )
        yield backend.create_app(make_settings(bigquery_emulator_host="http://bigquery.test")).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "platform"),
    [
        pytest.param({}, "", id="no key"),
        pytest.param({"Authorization": "Bearer wrong"}, "", id="wrong key"),
        pytest.param({"Authorization": TASKS_KEY}, "", id="no scheme"),
        pytest.param(CRON, "", id="cron header from anywhere"),
        pytest.param(CRON, "localdev", id="cron header on another platform"),
        pytest.param({"X-Appengine-Cron": "false"}, "standard", id="another header value"),
        pytest.param({}, "standard", id="no key on App Engine"),
    ],
)
def test_nobody_else_may(
    unreached: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str], platform: str
) -> None:
    monkeypatch.setenv("GAE_ENV", platform)
    answer = unreached.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "platform"),
    [pytest.param(OPERATOR, "", id="operator"), pytest.param(CRON, "standard", id="App Engine's cron")],
)
def test_a_failure_is_500_and_never_503(
    unreached: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str], platform: str
) -> None:
    monkeypatch.setenv("GAE_ENV", platform)
    answer = unreached.get(path, headers=headers)
    assert answer.status_code == 500
    body = answer.get_json()
    assert set(body) == {"runId", "status", "error"}
    assert body["status"] == "failed"
    assert body["runId"].startswith(path.removeprefix("/tasks/"))
    assert set(body["error"]) == {"code", "message", "debug", "requestId"}
    assert body["error"]["code"] == "warehouse_unavailable"
    assert body["error"]["requestId"] == answer.headers["X-Request-Id"]


def test_extract_answers_exactly_its_keys(service: Service) -> None:
    answer = service.client.get("/tasks/extract", headers=OPERATOR)
    assert answer.status_code == 200
    body = answer.get_json()
    assert set(body) == {"runId", "status", "recordsProcessed", "watermark", "more"}
    assert isinstance(body["runId"], str)
    assert (body["status"], body["recordsProcessed"], body["more"]) == ("ok", 0, False)
    assert datetime.strptime(body["watermark"], "%Y-%m-%dT%H:%M:%S.%fZ")


def test_lookups_answer_the_same_keys_and_then_skip_while_the_lease_is_held(service: Service) -> None:
    body = service.client.get("/tasks/lookups", headers=OPERATOR).get_json()
    assert body.pop("runId")
    assert body == {"status": "ok", "recordsProcessed": 0, "watermark": None, "more": False}, (
        "names are no conversations"
    )
    service.hold_lease()
    for path in PATHS:
        skipped = service.client.get(path, headers=OPERATOR)
        assert skipped.status_code == 200
        body = skipped.get_json()
        assert body.pop("runId")
        assert body == {"status": "skipped", "recordsProcessed": 0, "watermark": None, "more": False}


def test_what_genesys_refuses_is_named(service: Service) -> None:
    service.genesys.on("/oauth/token", Reply({"error": "invalid_client", "error_description": "failed"}, 401))
    answer = service.client.get("/tasks/extract", headers=OPERATOR)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (500, "genesys_auth")
    assert "the-client-secret" not in answer.text


def test_only_get(unreached: FlaskClient) -> None:
    assert unreached.post("/tasks/extract", headers=OPERATOR).status_code == 405
