"""Runs a query on BigQuery within limits of cost and time, and reads its result by the quickest way for its size."""

from collections.abc import Mapping

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator

from backend.errors import InternalError, QueryTimeoutError, ResultTooLargeError
from backend.serving.parameters import Parameter
from backend.serving.rows import Cell, cells_of_arrow, cells_of_rows
from backend.serving.sql import Query
from backend.settings import Settings
from backend.warehouse.client import RETRY, StatementParameter, Warehouse, warehouse_errors

# Up to here plain rows of the first answer are quickest, above it Arrow.
_PLAIN_ROWS = 1_000
# BigQuery holds an unfinished query's call for this long; each further poll takes as long again.
_POLL_SECONDS = 10


class Result:
    """A finished query: `row_count` is known before any row but the first ones has been read."""

    def __init__(self, rows: RowIterator, warehouse: Warehouse, timeout: float) -> None:
        self._rows = rows
        self._warehouse = warehouse
        self._timeout = timeout
        self.row_count = rows.total_rows or 0

    def cells(self) -> list[tuple[Cell, ...]]:
        """All rows in served form; may be read once."""
        with warehouse_errors("reading a chart's rows"):
            if self.row_count <= _PLAIN_ROWS:
                return cells_of_rows(row.values() for row in self._rows)
            table = self._rows.to_arrow(
                bqstorage_client=self._warehouse.storage, create_bqstorage_client=False, timeout=self._timeout
            )
            return cells_of_arrow(table)


class Queries:
    """Runs queries under the limits of the settings."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self._settings = settings
        self._warehouse = warehouse

    def run(self, query: Query, labels: Mapping[str, str]) -> Result:
        """Waits for the result, at most `QUERY_TIMEOUT_SECONDS` (never less than two polls), then cancels.

        Raises `QueryTimeoutError`, `ResultTooLargeError` (more bytes than may be billed), `NotReadyError`,
        `WarehouseUnavailableError`.
        """
        seconds = self._settings.query_timeout_seconds
        with warehouse_errors("answering a chart"):
            try:
                rows = self._warehouse.client.query_and_wait(
                    query.text,
                    job_config=self._job_config(query, labels),
                    api_timeout=_POLL_SECONDS,
                    wait_timeout=max(0, seconds - 2 * _POLL_SECONDS),
                    retry=RETRY,
                    job_retry=None,  # type: ignore[arg-type]
                    page_size=_PLAIN_ROWS if self._warehouse.storage else None,
                )
            except TimeoutError as error:
                raise _timed_out(query) from error
            except GoogleAPICallError as error:
                _raise_refusal(error, query)
                raise
        return Result(rows, self._warehouse, seconds)

    def _job_config(self, query: Query, labels: Mapping[str, str]) -> bigquery.QueryJobConfig:
        return bigquery.QueryJobConfig(
            query_parameters=[_statement_parameter(parameter) for parameter in query.parameters],
            maximum_bytes_billed=self._settings.max_bytes_billed,
            job_timeout_ms=self._settings.query_timeout_seconds * 1_000,
            labels=dict(labels),
        )


def _statement_parameter(parameter: Parameter) -> StatementParameter:
    if isinstance(parameter.value, tuple):
        return bigquery.ArrayQueryParameter(parameter.name, parameter.type, parameter.value)
    return bigquery.ScalarQueryParameter(parameter.name, parameter.type, parameter.value)


def _timed_out(query: Query) -> QueryTimeoutError:
    return QueryTimeoutError(
        "The data warehouse took too long. Try again, or choose a shorter period or fewer fields.", debug=query.text
    )


def _raise_refusal(error: GoogleAPICallError, query: Query) -> None:
    """Names the refusals that are not about the warehouse's health; returns for every other."""
    reasons = {str(item.get("reason")) for item in error.errors if isinstance(item, dict)}
    if "bytesBilledLimitExceeded" in reasons:
        raise ResultTooLargeError(
            "The chart would read more data than one query may. Choose a shorter period.", debug=str(error.message)
        ) from error
    if reasons & {"timeout", "stopped"}:
        raise _timed_out(query) from error
    if "invalidQuery" in reasons:
        raise InternalError(
            "The connector asked the data warehouse wrongly. Report this error with its id.",
            debug=f"{error.message}\n{query.text}",
        ) from error
