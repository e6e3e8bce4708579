"""The one way to BigQuery: clients, table names, time limits, and errors in the service's own terms."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import grpc
import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPIError, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY
from google.cloud.bigquery.table import RowIterator
from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from backend.errors import NotReadyError, WarehouseUnavailableError
from backend.settings import Settings

# One call of the client library, and how long it goes on retrying what is worth it.
CALL_TIMEOUT_SECONDS = 20
RETRY = DEFAULT_RETRY.with_timeout(CALL_TIMEOUT_SECONDS)

# One of the pipeline's own statements, from sending it to its result.
STATEMENT_TIMEOUT_SECONDS = 300

type StatementParameter = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter


class Warehouse:
    """One dataset of one project. Nothing is opened before it is used, so it may be made before workers fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self.project = settings.bigquery_project
        self.dataset = settings.bigquery_dataset
        self.location = settings.bigquery_location

    @cached_property
    def client(self) -> bigquery.Client:
        with self._lock:
            emulator = self._settings.bigquery_emulator_host
            return bigquery.Client(
                project=self.project,
                location=self.location,
                credentials=AnonymousCredentials() if emulator else None,
                client_options=ClientOptions(api_endpoint=emulator) if emulator else None,
            )

    @cached_property
    def storage(self) -> BigQueryReadClient | None:
        """Reader of large results; None where only REST is at hand (a local BigQuery without a Storage address)."""
        with self._lock:
            if not self._settings.bigquery_emulator_host:
                return BigQueryReadClient()
            host = self._settings.bigquery_storage_emulator_host
            if not host:
                return None
            channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
            return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    def table(self, name: str) -> str:
        """The full name of a table, quoted for SQL."""
        return f"`{self.project}.{self.dataset}.{name}`"

    def reference(self, name: str) -> bigquery.TableReference:
        return bigquery.DatasetReference(self.project, self.dataset).table(name)

    def run(self, sql: str, parameters: Sequence[StatementParameter] = ()) -> RowIterator:
        """Runs one of the pipeline's own statements; the rows tell `num_dml_affected_rows` too.

        Its calls are tried again for 20 seconds, the job itself is not: the library would go on for ten minutes.
        """
        return self.client.query_and_wait(
            sql,
            job_config=statement_config(parameters),
            api_timeout=CALL_TIMEOUT_SECONDS,
            wait_timeout=STATEMENT_TIMEOUT_SECONDS,
            retry=RETRY,
            job_retry=None,  # type: ignore[arg-type]
        )


def statement_config(parameters: Sequence[StatementParameter]) -> bigquery.QueryJobConfig:
    return bigquery.QueryJobConfig(query_parameters=list(parameters), labels={"component": "extraction"})


@contextmanager
def warehouse_errors(doing: str) -> Iterator[None]:
    """Turns the client library's errors into `NotReadyError` (a table is missing) or `WarehouseUnavailableError`.

    `doing` says in the operator's words what was being done; the library's own text goes to `debug`.
    """
    try:
        yield
    except NotFound as error:
        raise NotReadyError(
            "The data is not ready yet: the first extraction has not finished. Try again in some minutes.",
            debug=f"{doing}: {_reason(error)}. Run /tasks/extract, which creates what is missing.",
        ) from error
    except (GoogleAPIError, GoogleAuthError, requests.RequestException, OSError, TimeoutError) as error:
        raise WarehouseUnavailableError(
            "The data warehouse cannot be reached or refused the request. Try again in some minutes.",
            debug=f"{doing}: {_reason(error)}",
        ) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, RetryError) and error.cause is not None:
        error = error.cause
    text = getattr(error, "message", None) or str(error)
    return f"{type(error).__name__}: {str(text)[:500]}"
