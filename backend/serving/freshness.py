"""What serving knows of the pipeline: the version of the data, and up to when they are settled.

Read from the one row of the state table, which is free and starts no job; at most every few seconds, and only when
somebody asks.
"""

import threading
import time
from datetime import datetime
from typing import NamedTuple

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from backend.errors import ServiceError
from backend.warehouse.client import CALL_TIMEOUT_SECONDS, RETRY, Warehouse, warehouse_errors
from backend.warehouse.tables import STATE

# Together with the moment that a query takes, well within the ten seconds in which a commit must be seen.
_SECONDS = 3.0


class Freshness(NamedTuple):
    """`version` rises with each commit that changes data; None where there is no state yet."""

    version: int | None
    settled_through: datetime | None


class FreshnessReader:
    """The state as it was at most a few seconds ago; one thread reads it, the others wait for what it finds."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._lock = threading.Lock()
        self._table: bigquery.Table | None = None
        self._known: Freshness | ServiceError = Freshness(None, None)
        self._read_at = float("-inf")

    def read(self) -> Freshness:
        """Raises `WarehouseUnavailableError`, those who waited for the failed reading too."""
        with self._lock:
            if time.monotonic() - self._read_at > _SECONDS:
                try:
                    self._known = self._from_warehouse()
                except ServiceError as error:
                    self._known = error
                self._read_at = time.monotonic()
            if isinstance(self._known, ServiceError):
                raise self._known
            return self._known

    def _from_warehouse(self) -> Freshness:
        client = self._warehouse.client
        with warehouse_errors("reading the data version"):
            try:
                if self._table is None:
                    reference = self._warehouse.reference(STATE)
                    self._table = client.get_table(reference, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
                rows = client.list_rows(self._table, max_results=1, retry=RETRY, timeout=CALL_TIMEOUT_SECONDS)
                state = next(iter(rows))
            except (NotFound, StopIteration):
                self._table = None
                return Freshness(None, None)
        return Freshness(state["data_version"], state.get("settled_through"))
