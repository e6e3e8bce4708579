"""Runs queries on BigQuery within limits of cost and time, in one round trip where the answer is small.

The client library's own query methods either wait for the end or fetch rows that are not wanted, and build an object a
row. So the two REST calls, `jobs.query` and `jobs.getQueryResults`, are made here, over its authenticated connection.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from backend.errors import InternalError, QueryTimeoutError, ResultTooLargeError
from backend.serving.parameters import Parameter
from backend.serving.results import PAGE_ROWS, Job, Result
from backend.serving.sql import Query
from backend.settings import Settings
from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, StatementParameter, Warehouse, warehouse_errors

# BigQuery holds the call of an unfinished query for at most this long.
_POLL_SECONDS = 10


class Queries:
    """Runs queries under the limits of the settings."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self._settings = settings
        self._warehouse = warehouse

    def run(self, query: Query, labels: Mapping[str, str], seconds: float) -> Result | Job:
        """The result or, where it takes longer than `seconds`, the job to come back for.

        Raises `QueryTimeoutError` (BigQuery ended it), `ResultTooLargeError` (more bytes than may be billed),
        `NotReadyError`, `WarehouseUnavailableError`.
        """
        deadline = time.monotonic() + seconds
        body = self._body(query, labels) | {
            "maxResults": PAGE_ROWS,
            "requestId": str(uuid.uuid4()),
            "timeoutMs": _poll_milliseconds(seconds),
        }
        answer = self._call("POST", "/queries", query.text, data=body)
        return self._finished(answer, query, deadline)

    def resume(self, job: Job, query: Query, seconds: float) -> Result | Job:
        """As `run`, for a job that any instance has begun."""
        return self._poll(job, query, time.monotonic() + seconds)

    def cancel(self, job: Job, query: Query) -> None:
        self._call("POST", f"/jobs/{job.id}/cancel", query.text, query_params={"location": job.location})

    def estimate(self, query: Query, labels: Mapping[str, str]) -> int | None:
        """Bytes that the query would read by BigQuery's estimate; None where the engine gives none."""
        body = self._body(query, labels) | {"dryRun": True}
        # The limit would turn the estimate into a refusal.
        body.pop("maximumBytesBilled")
        answer = self._call("POST", "/queries", query.text, data=body)
        return int(answer.get("totalBytesProcessed") or 0) or None

    def _finished(self, answer: dict[str, Any], query: Query, deadline: float) -> Result | Job:
        if answer.get("jobComplete"):
            return Result(answer, self._warehouse, self._get)
        reference = answer["jobReference"]
        return self._poll(Job(reference["jobId"], reference["location"]), query, deadline)

    def _get(self, path: str, params: Mapping[str, object]) -> dict[str, Any]:
        return self._call("GET", path, "", query_params=params)

    def _poll(self, job: Job, query: Query, deadline: float) -> Result | Job:
        while (left := deadline - time.monotonic()) > 0:
            params = {"location": job.location, "maxResults": PAGE_ROWS, "timeoutMs": _poll_milliseconds(left)}
            answer = self._call("GET", f"/queries/{job.id}", query.text, query_params=params)
            if answer.get("jobComplete"):
                return self._finished(answer, query, deadline)
        return job

    def _call(self, method: str, path: str, text: str, **options: Any) -> dict[str, Any]:
        request = RETRY(self._warehouse.client._connection.api_request)
        with warehouse_errors("answering a chart"):
            try:
                answer: dict[str, Any] = request(
                    method=method,
                    path=f"/projects/{self._warehouse.project}{path}",
                    timeout=CALL_TIMEOUT_SECONDS,
                    **options,
                )
            except GoogleAPICallError as error:
                _raise_refusal(error, text)
                raise
        return answer

    def _body(self, query: Query, labels: Mapping[str, str]) -> dict[str, Any]:
        """What every query carries: parameters, limits and labels."""
        config = bigquery.QueryJobConfig(
            query_parameters=[statement_parameter(parameter) for parameter in query.parameters],
            maximum_bytes_billed=self._settings.max_bytes_billed,
            job_timeout_ms=self._settings.query_timeout_seconds * 1_000,
            labels=dict(labels),
            use_legacy_sql=False,
        ).to_api_repr()
        options: dict[str, Any] = config.pop("query")
        return {**options, **config, "query": query.text, "location": self._warehouse.location}


def _poll_milliseconds(seconds: float) -> int:
    return max(1, int(min(seconds, _POLL_SECONDS) * 1_000))


def statement_parameter(parameter: Parameter) -> StatementParameter:
    if isinstance(parameter.value, tuple):
        return bigquery.ArrayQueryParameter(parameter.name, parameter.type, parameter.value)
    return bigquery.ScalarQueryParameter(parameter.name, parameter.type, parameter.value)


def timed_out(text: str) -> QueryTimeoutError:
    return QueryTimeoutError(
        "The data warehouse took too long. Try again, or choose a shorter period or fewer fields.", debug=text
    )


def _raise_refusal(error: GoogleAPICallError, text: str) -> None:
    """Names the refusals that are not about the warehouse's health; returns for every other."""
    reasons = {str(item.get("reason")) for item in error.errors if isinstance(item, dict)}
    if "bytesBilledLimitExceeded" in reasons:
        raise ResultTooLargeError(
            "The chart would read more data than one query may. Choose a shorter period.", debug=str(error.message)
        ) from error
    if reasons & {"timeout", "stopped"}:
        raise timed_out(text) from error
    if "invalidQuery" in reasons:
        raise InternalError(
            "The connector asked the data warehouse wrongly. Report this error with its id.",
            debug=f"{error.message}\n{text}",
        ) from error
