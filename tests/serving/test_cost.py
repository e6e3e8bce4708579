"""What a query may cost: limits that only a real BigQuery enforces, so it is faked over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient

import backend
from tests.conftest import API_KEY, MakeSettings

HOST = "http://bigquery.test"
PROJECT = f"{HOST}/bigquery/v2/projects/project"
CHART = {"dateRange": {"startDate": "2024-03-01", "endDate": "2024-03-30"}, "fields": [{"name": "interactions"}]}
REFUSAL = {"error": {"code": 400, "message": "said by BigQuery", "errors": [{"reason": "bytesBilledLimitExceeded"}]}}


@pytest.fixture
def client(make_settings: MakeSettings) -> Iterator[FlaskClient]:
    """A service that may read 1 GB a query, in a warehouse without a state."""
    settings = make_settings(bigquery_project="project", bigquery_emulator_host=HOST, max_bytes_billed=1_000_000_000)
    with responses.mock:
        responses.get(f"{PROJECT}/datasets/genesys/tables/extraction_state", status=404, json={})
        yield backend.create_app(settings).test_client()


def ask(client: FlaskClient, **more: object) -> tuple[int, dict[str, Any]]:
    answer = client.post("/v1/data", json=CHART | more, headers={"Authorization": f"Bearer {API_KEY}"})
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        pytest.param(
            {"totalBytesProcessed": "3000000000"},
            "would read 3,000.0 MB; one query may read at most 1,000.0 MB. About 10 days would fit.",
            id="ten of thirty days fit",
        ),
        pytest.param({"totalBytesProcessed": "90000000000"}, "Choose a shorter period.", id="not one day fits"),
        pytest.param({"totalBytesProcessed": "0"}, "more data than one query may", id="no estimate"),
    ],
)
def test_a_refusal_by_cost_says_how_much_and_what_would_fit(
    client: FlaskClient, estimate: dict[str, str], said: str
) -> None:
    responses.post(f"{PROJECT}/queries", status=400, json=REFUSAL)
    responses.post(f"{PROJECT}/queries", json={"jobComplete": True} | estimate)
    status, answer = ask(client)
    assert (status, answer["error"]["code"]) == (422, "result_too_large")
    assert said in answer["error"]["message"]
    assert "said by BigQuery" in answer["error"]["debug"]
    sent = [json.loads(call.request.body or "") for call in responses.calls if call.request.method == "POST"]
    assert [body.get("dryRun", False) for body in sent] == [False, True]


def test_a_refusal_stands_where_the_estimate_fails(client: FlaskClient) -> None:
    responses.post(f"{PROJECT}/queries", status=400, json=REFUSAL)
    responses.post(f"{PROJECT}/queries", status=403, json={"error": {"errors": [{"reason": "accessDenied"}]}})
    status, answer = ask(client)
    assert (status, answer["error"]["code"]) == (422, "result_too_large")


def test_an_explanation_shows_the_estimate_beside_the_limit(client: FlaskClient) -> None:
    finished = {"jobComplete": True, "schema": {"fields": [{"type": "INTEGER"}]}, "totalRows": "1"}
    responses.post(f"{PROJECT}/queries", json=finished | {"rows": [{"f": [{"v": "12"}]}]})
    responses.post(f"{PROJECT}/queries", json={"jobComplete": True, "totalBytesProcessed": "123456"})
    status, answer = ask(client, configParams={"explain": "true"})
    assert (status, answer["rows"]) == (200, [{"values": ["12"]}])
    explained = answer["explain"]
    assert (explained["estimatedBytes"], explained["maxBytesBilled"]) == (123_456, 1_000_000_000)
    assert explained["cache"]["state"] == "miss"
