"""How a query is sent and how refusals come back, over HTTP that is faked: the local engine enforces no limits."""

import json
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
from backend.serving.parameters import Parameter
from backend.serving.queries import Queries
from backend.serving.sql import Query
from backend.warehouse.client import Warehouse
from tests.conftest import MakeSettings

HOST = "http://bigquery.test"
PROJECT = f"{HOST}/bigquery/v2/projects/project"
QUERY = Query("SELECT @p0 AS c0", (Parameter("p0", "STRING", ("a", "b")),))
JOB = {"projectId": "project", "jobId": "job", "location": "US"}
UNFINISHED = {"jobReference": JOB, "jobComplete": False}


@pytest.fixture
def queries(make_settings: MakeSettings) -> Queries:
    settings = make_settings(
        bigquery_project="project", bigquery_emulator_host=HOST, max_bytes_billed=12_345_678, query_timeout_seconds=1
    )
    return Queries(settings, Warehouse(settings))


def answer(status: int, body: dict[str, Any]) -> None:
    responses.post(f"{PROJECT}/queries", json=body, status=status)


def refuse(status: int, reason: str) -> None:
    answer(status, {"error": {"code": status, "message": "said by BigQuery", "errors": [{"reason": reason}]}})


@responses.activate
def test_every_query_carries_its_limits_and_labels(queries: Queries) -> None:
    row = {"f": [{"v": "a"}]}
    schema = {"fields": [{"name": "c0", "type": "STRING"}]}
    answer(200, {"jobReference": JOB, "jobComplete": True, "schema": schema, "rows": [row], "totalRows": "1"})
    result = queries.run(QUERY, {"dataset": "interaction_details"})
    assert (result.row_count, result.cells()) == (1, [("a",)])
    sent = json.loads(responses.calls[0].request.body or "")
    assert (sent["query"], sent["useLegacySql"]) == (QUERY.text, False)
    assert sent["maximumBytesBilled"] == "12345678"
    assert sent["jobTimeoutMs"] == "1000"
    assert sent["labels"] == {"dataset": "interaction_details"}
    assert sent["queryParameters"] == [
        {
            "name": "p0",
            "parameterType": {"type": "ARRAY", "arrayType": {"type": "STRING"}},
            "parameterValue": {"arrayValues": [{"value": "a"}, {"value": "b"}]},
        }
    ]
    assert len(responses.calls) == 1


@responses.activate
def test_a_query_that_does_not_finish_is_cancelled(queries: Queries) -> None:
    answer(200, UNFINISHED)
    responses.get(
        f"{PROJECT}/jobs/job",
        json={"jobReference": JOB, "status": {"state": "RUNNING"}, "configuration": {"query": {}}},
    )
    responses.get(f"{PROJECT}/queries/job", json=UNFINISHED)
    cancelled = responses.post(
        f"{PROJECT}/jobs/job/cancel", json={"job": {"jobReference": JOB, "status": {"state": "DONE"}}}
    )
    with pytest.raises(QueryTimeoutError, match="took too long"):
        queries.run(QUERY, {})
    assert cancelled.call_count == 1


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
        queries.run(QUERY, {})
    assert type(refused.value) is error
    assert "said by BigQuery" not in refused.value.message
    assert len(responses.calls) == 1
