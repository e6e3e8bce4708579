"""The connector's routes before any query runs: shapes, refusals, and the failures of a warehouse that is not there."""

import gzip
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import backend
from backend.catalog import load_catalog, looker_schema
from backend.serving import Answers
from backend.web.logs import CloudFormatter
from sandbox.looker.field_types import SEMANTIC_TYPES
from tests.conftest import API_KEY, MakeSettings

AUTHORIZED = {"Authorization": f"Bearer {API_KEY}"}
CHART = {
    "dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-11"},
    "fields": [{"name": "channel"}, {"name": "interactions"}],
}
HOST = "http://bigquery.test"
QUERIES = f"{HOST}/bigquery/v2/projects/project/queries"
STATE = f"{HOST}/bigquery/v2/projects/project/datasets/genesys/tables/extraction_state"


@pytest.fixture(scope="module")
def application(make_settings: MakeSettings) -> Flask:
    return backend.create_app(make_settings(bigquery_project="project", bigquery_emulator_host=HOST, cache_seconds=0))


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()


type Post = Callable[..., TestResponse]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(path: str, body: object, **options: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(path, data=data, headers=AUTHORIZED, **options)

    return send


def failure(answer: TestResponse) -> dict[str, Any]:
    """The error of an envelope that is complete and bears the id of the answer's header."""
    body = answer.get_json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "debug", "requestId"}
    assert body["error"]["requestId"] == answer.headers["X-Request-Id"]
    assert body["error"]["message"]
    return dict(body["error"])


def test_config(post: Post) -> None:
    answer = post("/v1/config", {"languageCode": "en"})
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"configParams", "dateRangeRequired", "isSteppedConfig"}
    assert answer.get_json() == post("/v1/config", {"languageCode": "it", "configParams": None}).get_json()


@pytest.mark.parametrize("body", [{}, {"configParams": {"dataset": "interaction_details", "timeZone": "Asia/Tokyo"}}])
def test_schema(post: Post, body: dict[str, Any]) -> None:
    answer = post("/v1/schema", body)
    assert answer.status_code == 200
    assert answer.get_json() == {"schema": looker_schema(load_catalog()["interaction_details"])}


def test_credentials(post: Post) -> None:
    answer = post("/v1/credentials", {})
    assert (answer.status_code, answer.get_json()) == (200, {"valid": True})


@pytest.fixture
def state() -> Iterator[None]:
    """A warehouse that knows its state; everything else is the test's to answer."""
    fields = [{"name": "data_version", "type": "INTEGER"}]
    reference = {"projectId": "project", "datasetId": "genesys", "tableId": "extraction_state"}
    with responses.mock:
        responses.get(STATE, json={"tableReference": reference, "schema": {"fields": fields}})
        responses.get(f"{STATE}/data", json={"totalRows": "1", "rows": [{"f": [{"v": "7"}]}]})
        yield


@pytest.mark.usefixtures("state")
def test_data(post: Post) -> None:
    schema = {"fields": [{"name": "c0", "type": "STRING"}, {"name": "c1", "type": "INTEGER"}]}
    rows = [{"f": [{"v": "VOICE"}, {"v": "12"}]}, {"f": [{"v": None}, {"v": "3"}]}]
    responses.post(QUERIES, json={"jobComplete": True, "schema": schema, "rows": rows, "totalRows": "2"})
    answer = post("/v1/data", CHART)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json() == {
        "schema": [
            {
                "name": "channel",
                "label": "Channel",
                "dataType": "STRING",
                "semantics": {"conceptType": "DIMENSION", "semanticType": "TEXT"},
            },
            {
                "name": "interactions",
                "label": "Interactions",
                "dataType": "NUMBER",
                "semantics": {"conceptType": "METRIC", "semanticType": "NUMBER", "isReaggregatable": True},
            },
        ],
        "rows": [{"values": ["VOICE", "12"]}, {"values": [None, "3"]}],
        "filtersApplied": True,
    }
    sent = json.loads(responses.calls[-1].request.body or "")
    assert set(sent["labels"]) == {"dataset", "detail", "connector", "caller"}
    assert all(re.fullmatch("[a-z0-9_-]{1,63}", label) for label in sent["labels"].values())
    assert "tests" not in sent["labels"]["caller"]


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate", "br;q=1.0, gzip;q=0.5", "*"])
def test_an_answer_is_packed_for_those_who_take_it(post: Post, accepted: str) -> None:
    request = CHART | {"scriptParams": {"sampleExtraction": True}}
    plain, packed = (
        post("/v1/data", request),
        post("/v1/data", request, environ_base={"HTTP_ACCEPT_ENCODING": accepted}),
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_nobody_else_gets_it_packed(post: Post, accepted: str) -> None:
    request = CHART | {"scriptParams": {"sampleExtraction": True}}
    answer = post("/v1/data", request, environ_base={"HTTP_ACCEPT_ENCODING": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.get_json()["rows"]


def test_a_sample_is_typed_and_needs_no_warehouse(post: Post) -> None:
    names = [field.name for field in load_catalog()["interaction_details"].fields]
    fields = [{"name": name, "forFilterOnly": name == "channel"} for name in names]
    answer = post("/v1/data", {"scriptParams": {"sampleExtraction": True}, "fields": fields}).get_json()
    assert [column["name"] for column in answer["schema"]] == names
    assert 1 <= len(answer["rows"]) <= 100
    for row in answer["rows"]:
        for column, value in zip(answer["schema"], row["values"], strict=True):
            SEMANTIC_TYPES[column["semantics"]["semanticType"]].parse(value)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        pytest.param("/v1/data", b"", 400, "invalid_request", id="empty body"),
        pytest.param("/v1/data", b"[]", 400, "invalid_request", id="array"),
        pytest.param("/v1/data", b"\xff", 400, "invalid_request", id="invalid UTF-8"),
        pytest.param("/v1/data", b'{"x":' + b"[" * 200_000, 400, "invalid_request", id="deep"),
        pytest.param("/v1/data", b'{"x": Infinity}', 400, "invalid_request", id="Infinity"),
        pytest.param("/v1/config", b"[]", 400, "invalid_request", id="config that is an array"),
        pytest.param("/v1/data", {}, 400, "invalid_request", id="no fields"),
        pytest.param("/v1/data", {**CHART, "fields": [{"name": "nothing"}]}, 400, "unknown_field", id="unknown field"),
        pytest.param(
            "/v1/data", {**CHART, "configParams": {"dataset": "x"}}, 400, "unknown_dataset", id="unknown dataset"
        ),
        pytest.param(
            "/v1/schema", {"configParams": {"dataset": "x"}}, 400, "unknown_dataset", id="schema of an unknown dataset"
        ),
        pytest.param(
            "/v1/data", {**CHART, "configParams": {"timeZone": "x"}}, 400, "invalid_config", id="unknown zone"
        ),
        pytest.param("/v1/schema", {"configParams": {"detail": "x"}}, 400, "invalid_config", id="unknown detail"),
        pytest.param("/v1/config", {"configParams": {"dataset": "x"}}, 400, "unknown_dataset", id="config's dataset"),
        pytest.param("/v1/credentials", b"\xff", 400, "invalid_request", id="credentials that are no UTF-8"),
        pytest.param("/v1/credentials", b"[" * 100_000, 400, "invalid_request", id="deep credentials"),
        pytest.param("/v1/data", {**CHART, "dateRange": None}, 400, "invalid_date_range", id="no date range"),
        pytest.param(
            "/v1/data",
            {
                **CHART,
                "dimensionsFilters": [
                    [{"fieldName": "channel", "type": "INCLUDE", "operator": "REGEXP_PARTIAL_MATCH", "values": ["("]}]
                ],
            },
            400,
            "invalid_filter",
            id="bad regular expression",
        ),
        pytest.param("/v1/data", {**CHART, "pending": "made.up"}, 400, "invalid_token", id="forged token"),
        pytest.param("/v1/data", {**CHART, "pending": 7}, 400, "invalid_request", id="token that is a number"),
        pytest.param(
            "/v1/data",
            {
                **CHART,
                "dimensionsFilters": [
                    [{"fieldName": "channel", "type": "INCLUDE", "operator": "IS_NULL", "values": []}] * 10_000
                ],
            },
            400,
            "invalid_filter",
            id="ten thousand filters",
        ),
        pytest.param(
            "/v1/data",
            {**CHART, "dateRange": {"startDate": "0000-00-00", "endDate": "99999-01-01"}},
            400,
            "invalid_date_range",
            id="absurd dates",
        ),
        pytest.param(
            "/v1/data",
            {**CHART, "dateRange": {"startDate": "0001-01-01", "endDate": "9999-12-31"}},
            400,
            "invalid_date_range",
            id="all of the calendar",
        ),
        pytest.param("/v1/nothing", {}, 404, "invalid_request", id="unknown address"),
        pytest.param("/v1/data", b"x" * (1 << 20) + b"x", 413, "body_too_large", id="too large"),
    ],
)
def test_refusals(post: Post, path: str, body: object, status: int, code: str) -> None:
    answer = post(path, body)
    assert (answer.status_code, failure(answer)["code"]) == (status, code)


def test_a_body_at_the_limit_is_read(post: Post) -> None:
    body = json.dumps({"fields": []}).encode().ljust(1 << 20)
    assert failure(post("/v1/data", body))["code"] == "invalid_request"


def test_a_body_without_a_length_is_limited_too(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/data",
        input_stream=io.BytesIO(b" " * (2 << 20)),
        headers={**AUTHORIZED, "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, failure(answer)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/v1/config", "/v1/schema", "/v1/data", "/v1/credentials"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "BREW"])
def test_only_post_is_taken(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method, headers=AUTHORIZED)
    assert (answer.status_code, failure(answer)["code"]) == (405, "invalid_request")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("status", "reason", "answered", "code"),
    [
        (404, "notFound", 502, "not_ready"),
        (403, "accessDenied", 502, "warehouse_unavailable"),
        (400, "invalidQuery", 500, "internal"),
    ],
)
def test_failures_of_the_warehouse(post: Post, status: int, reason: str, answered: int, code: str) -> None:
    error = {"code": status, "message": "inner words", "errors": [{"reason": reason}]}
    responses.post(QUERIES, status=status, json={"error": error})
    answer = post("/v1/data", CHART)
    told = failure(answer)
    assert (answer.status_code, told["code"]) == (answered, code)
    assert "inner words" in told["debug"]
    assert "inner words" not in told["message"]


def test_an_unexpected_failure_shows_only_its_id(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("the inner secret")

    monkeypatch.setattr(Answers, "data", fail)
    answer = post("/v1/data", CHART)
    told = failure(answer)
    assert (answer.status_code, told["code"], told["debug"]) == (500, "internal", "")
    assert "secret" not in answer.get_data(as_text=True)
    assert "the inner secret" in caplog.text


def test_healthz_needs_no_key_and_no_warehouse(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_log_lines_are_json_with_severity_and_request_id(application: Flask) -> None:
    record = logging.LogRecord("backend.web", logging.WARNING, "f.py", 1, "told %s", ("twice",), None)
    with application.test_request_context("/v1/data"):
        application.preprocess_request()
        inside = json.loads(CloudFormatter().format(record))
    outside = json.loads(CloudFormatter().format(record))
    assert (inside["severity"], inside["message"]) == ("WARNING", "told twice")
    assert len(inside["requestId"]) == 32
    assert "requestId" not in outside
