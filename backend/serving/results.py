"""A finished query's rows, read by the quickest way for their number, as JSON text."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.bigquery_storage_v1.types import DataFormat, ReadSession

from backend.errors import WarehouseUnavailableError
from backend.serving.rows import rows_of_arrow, rows_of_json
from backend.warehouse.client import STATEMENT_TIMEOUT_SECONDS, Warehouse, warehouse_errors

# So many rows come with the first answer; more are read as Arrow.
PAGE_ROWS = 1_000

# So many rows of Arrow become text at a time: the text of a large page would be many times its size.
_TEXT_ROWS = 20_000

type Get = Callable[[str, Mapping[str, object]], dict[str, Any]]


class Job(NamedTuple):
    """A query job of the warehouse's project, by which any instance finds it."""

    id: str
    location: str


class Result:
    """A finished query: `row_count` is known before any row but those of the first page; `rows_read` grows."""

    def __init__(self, answer: dict[str, Any], warehouse: Warehouse, get: Get) -> None:
        self._answer = answer
        self._warehouse = warehouse
        self._get = get
        self.row_count = int(answer["totalRows"])
        self.rows_read = 0
        self.types = [field["type"] for field in answer["schema"]["fields"]]

    @property
    def first_row(self) -> list[str | None]:
        return [cell["v"] for cell in self._answer["rows"][0]["f"]]

    @property
    def job(self) -> Job:
        reference = self._answer["jobReference"]
        return Job(reference["jobId"], reference["location"])

    @property
    def is_long(self) -> bool:
        """Whether the first page holds only a part of the rows."""
        return len(self._answer.get("rows", [])) < self.row_count

    def texts(self) -> Iterator[bytes | memoryview]:
        """The rows as JSON text, each ended by a comma, in pieces; may be read once.

        Raises `WarehouseUnavailableError` where rows are missing at the end.
        """
        rows = self._answer.get("rows", [])
        if not self.is_long:
            self.rows_read = len(rows)
            yield rows_of_json(rows, self.types)
        elif (storage := self._warehouse.storage) is not None:
            yield from self._from_storage(storage)
        else:
            yield from self._from_pages()

    def _from_storage(self, storage: BigQueryReadClient) -> Iterator[memoryview]:
        reference = self._answer["jobReference"]
        job = self._get(f"/jobs/{reference['jobId']}", {"location": reference["location"]})
        table = job["configuration"]["query"]["destinationTable"]
        path = f"projects/{table['projectId']}/datasets/{table['datasetId']}/tables/{table['tableId']}"
        with warehouse_errors("reading a chart's rows"):
            session = storage.create_read_session(
                parent=f"projects/{self._warehouse.project}",
                read_session=ReadSession(table=path, data_format=DataFormat.ARROW),
                max_stream_count=1,
                timeout=STATEMENT_TIMEOUT_SECONDS,
            )
            for stream in session.streams:
                reader = storage.read_rows(stream.name, timeout=STATEMENT_TIMEOUT_SECONDS)  # type: ignore[no-untyped-call]
                for page in reader.rows(session).pages:
                    batch = page.to_arrow()
                    for start in range(0, len(batch), _TEXT_ROWS):
                        part = batch.slice(start, _TEXT_ROWS)
                        self.rows_read += len(part)
                        yield rows_of_arrow(part)
        self._check()

    def _from_pages(self) -> Iterator[bytes]:
        answer = self._answer
        reference = answer["jobReference"]
        while True:
            rows = answer.get("rows", [])
            self.rows_read += len(rows)
            yield rows_of_json(rows, self.types)
            token = answer.get("pageToken")
            if token is None or self.rows_read >= self.row_count:
                break
            params = {"location": reference["location"], "pageToken": token}
            answer = self._get(f"/queries/{reference['jobId']}", params)
        self._check()

    def _check(self) -> None:
        if self.rows_read != self.row_count:
            raise WarehouseUnavailableError(
                "The data warehouse sent an incomplete answer. Try again.",
                debug=f"{self.rows_read} of {self.row_count} rows arrived",
            )
