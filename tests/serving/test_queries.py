"""How a query is sent and how refusals come back, over HTTP that is faked: the local engine enforces no limits."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import responses

from backend.errors import (
    InternalError,
    NotReadyError,
    QueryTimeoutError,
    ResultTooLargeError,
    ServiceError,
    WarehouseUnavailableError,
)
from backend.serving import queries as module
from backend.serving.parameters import Parameter
from backend.serving.queries import Queries
from backend.serving.results import Job, Result
from backend.serving.sql import Query
from backend.warehouse.client import Warehouse
from tests.conftest import MakeSettings

HOST = "http://bigquery.test"
PROJECT = f"{HOST}/bigquery/v2/projects/project"
QUERY = Query(
    "SELECT @p0 AS c0", (Parameter("p0", "STRING", ("a", "b")), Parameter("settled_through", "TIMESTAMP", None))
)
JOB = {"projectId": "project", "jobId": "job", "location": "US"}
UNFINISHED = {"jobReference": JOB, "jobComplete": False}
SCHEMA = {"fields": [{"name": "c0", "type": "STRING"}]}
FINISHED = {"jobReference": JOB, "jobComplete": True, "schema": SCHEMA, "totalRows": "1", "rows": [{"f": [{"v": "a"}]}]}


@pytest.fixture
def queries(make_settings: MakeSettings) -> Queries:
    settings = make_settings(
        bigquery_project="project", bigquery_emulator_host=HOST, max_bytes_billed=12_345_678, query_timeout_seconds=60
    )
    return Queries(settings, Warehouse(settings))


def answer(status: int, body: dict[str, Any]) -> None:
    responses.post(f"{PROJECT}/queries", json=body, status=status)


def refuse(status: int, reason: str) -> None:
    answer(status, {"error": {"code": status, "message": "said by BigQuery", "errors": [{"reason": reason}]}})


def text_of(result: Result | Job) -> bytes:
    assert isinstance(result, Result)
    return b"".join(result.texts())


@responses.activate
def test_a_small_answer_takes_one_round_trip_with_its_limits_and_labels(queries: Queries) -> None:
    answer(200, FINISHED)
    assert text_of(queries.run(QUERY, {"dataset": "interaction_details"}, 45)) == b'{"values":["a"]},'
    assert len(responses.calls) == 1
    sent = json.loads(responses.calls[0].request.body or "")
    assert (sent["query"], sent["useLegacySql"], sent["location"]) == (QUERY.text, False, "US")
    assert (sent["maxResults"], sent["timeoutMs"]) == (1_000, 10_000)
    assert sent["maximumBytesBilled"] == "12345678"
    assert sent["jobTimeoutMs"] == "60000"
    assert sent["labels"] == {"dataset": "interaction_details"}
    assert sent["queryParameters"] == [
        {
            "name": "p0",
            "parameterType": {"type": "ARRAY", "arrayType": {"type": "STRING"}},
            "parameterValue": {"arrayValues": [{"value": "a"}, {"value": "b"}]},
        },
        {"name": "settled_through", "parameterType": {"type": "TIMESTAMP"}, "parameterValue": {"value": None}},
    ]


@responses.activate
def test_a_slow_query_is_polled_and_then_left_as_a_job(queries: Queries, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 8.0, 46.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    answer(200, UNFINISHED)
    polled = responses.get(f"{PROJECT}/queries/job", json=UNFINISHED)
    assert queries.run(QUERY, {}, 45) == Job("job", "US")
    assert polled.call_count == 2
    assert "timeoutMs=10000" in str(polled.calls[0].request.url)


@responses.activate
def test_a_job_is_resumed_by_its_id(queries: Queries) -> None:
    responses.get(f"{PROJECT}/queries/job", json=FINISHED)
    assert text_of(queries.resume(Job("job", "US"), QUERY, 45)) == b'{"values":["a"]},'


@responses.activate
def test_rows_beyond_the_first_page_are_fetched_by_rest_where_nothing_else_is_at_hand(queries: Queries) -> None:
    first = FINISHED | {"totalRows": "3", "pageToken": "next"}
    answer(200, first)
    page = {"jobComplete": True, "rows": [{"f": [{"v": "b"}]}, {"f": [{"v": None}]}]}
    fetched = responses.get(f"{PROJECT}/queries/job", json=page)
    assert text_of(queries.run(QUERY, {}, 45)) == b'{"values":["a"]},{"values":["b"]},{"values":[null]},'
    assert "pageToken=next" in str(fetched.calls[0].request.url)


@responses.activate
def test_missing_rows_are_no_answer(queries: Queries) -> None:
    answer(200, FINISHED | {"totalRows": "3"})
    result = queries.run(QUERY, {}, 45)
    with pytest.raises(WarehouseUnavailableError, match="incomplete"):
        text_of(result)


@responses.activate
@pytest.mark.parametrize(("said", "estimate"), [("123456", 123_456), ("0", None), (None, None)])
def test_an_estimate_is_a_dry_run_without_limit(queries: Queries, said: str | None, estimate: int | None) -> None:
    answer(200, {"jobComplete": True, "totalBytesProcessed": said})
    assert queries.estimate(QUERY, {}) == estimate
    sent = json.loads(responses.calls[0].request.body or "")
    assert sent["dryRun"] is True
    assert "maximumBytesBilled" not in sent


@responses.activate
@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (400, "bytesBilledLimitExceeded", ResultTooLargeError),
        (400, "timeout", QueryTimeoutError),
        (499, "stopped", QueryTimeoutError),
        (400, "invalidQuery", InternalError),
        (403, "accessDenied", WarehouseUnavailableError),
        (403, "quotaExceeded", WarehouseUnavailableError),
        (404, "notFound", NotReadyError),
    ],
)
def test_what_a_refusal_becomes(queries: Queries, status: int, reason: str, error: type[ServiceError]) -> None:
    refuse(status, reason)
    with pytest.raises(error) as refused:
        queries.run(QUERY, {}, 45)
    assert type(refused.value) is error
    assert "said by BigQuery" not in refused.value.message
    assert len(responses.calls) == 1
