"""The lease that lets one run work at a time, kept in the one row of `extraction_state`.

The holder is the run's id, unique, so it fences too: whatever a run commits names it, and fails once another holds the
lease. All times are the warehouse's own, so that the clocks of instances do not matter.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from backend.errors import LeaseLostError
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import STATE

_RENEWED = "lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND)"
_HELD = "WHERE id = 'extraction' AND lease_holder = @holder"
_LOST = "lease lost"


def fence(state: str, changes: Sequence[str]) -> list[str]:
    """Statements that open a transaction: the state row changes and the lease is renewed, or all of it fails.

    `state` is the quoted name of the state table; `Lease.parameters` are needed, and `Lease.fenced` around it.
    """
    assignments = ",\n  ".join([_RENEWED, *changes])
    return [f"UPDATE {state}\nSET {assignments}\n{_HELD}", f"ASSERT @@row_count = 1 AS '{_LOST}'"]


class Lease:
    """A lease held by one run, renewed by `keep` from the thread that works."""

    def __init__(self, warehouse: Warehouse, holder: str, seconds: int, clock: Callable[[], float]) -> None:
        self._warehouse = warehouse
        self.holder = holder
        self.seconds = seconds
        self._clock = clock
        self._renewed_at = clock()

    @classmethod
    def acquire(cls, warehouse: Warehouse, holder: str, *, seconds: int, clock: Callable[[], float]) -> "Lease | None":
        """The lease, or None where another run holds it. `clock` is monotonic, in seconds."""
        state = warehouse.table(STATE)
        with warehouse_errors("acquiring the lease"):
            held = next(iter(warehouse.run(f"SELECT lease_until > CURRENT_TIMESTAMP() AS held FROM {state}")))
            if held["held"]:
                return None
            lease = cls(warehouse, holder, seconds, clock)
            try:
                updated = warehouse.run(
                    f"UPDATE {state}\nSET lease_holder = @holder, {_RENEWED}\n"
                    "WHERE id = 'extraction' AND (lease_holder IS NULL OR lease_until <= CURRENT_TIMESTAMP())",
                    lease.parameters(),
                )
            except BadRequest as error:
                if is_conflict(error):
                    return None
                raise
        return lease if updated.num_dml_affected_rows == 1 else None

    def parameters(self) -> list[bigquery.ScalarQueryParameter]:
        return [
            bigquery.ScalarQueryParameter("holder", "STRING", self.holder),
            bigquery.ScalarQueryParameter("seconds", "INT64", self.seconds),
        ]

    def keep(self) -> None:
        """Renews the lease where a third of it has passed; raises `LeaseLostError` where it is no longer ours."""
        if self._clock() - self._renewed_at < self.seconds / 3:
            return
        renewed_at = self._clock()
        with warehouse_errors("renewing the lease"):
            updated = self._warehouse.run(
                f"UPDATE {self._warehouse.table(STATE)}\nSET {_RENEWED}\n{_HELD}", self.parameters()
            )
        if updated.num_dml_affected_rows != 1:
            raise _lost(self.holder)
        self._renewed_at = renewed_at

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Around a script that holds `fence`: raises `LeaseLostError` where that failed."""
        begun = self._clock()
        try:
            yield
        except BadRequest as error:
            if _LOST in str(error):
                raise _lost(self.holder) from None
            raise
        self._renewed_at = begun

    def release(self, paced_until: datetime) -> None:
        """Gives it back, with the moment before which the next run must not call Genesys; no harm where it is lost."""
        with warehouse_errors("releasing the lease"):
            self._warehouse.run(
                f"UPDATE {self._warehouse.table(STATE)}\n"
                f"SET lease_holder = NULL, lease_until = NULL, paced_until = @paced_until\n{_HELD}",
                [*self.parameters()[:1], bigquery.ScalarQueryParameter("paced_until", "TIMESTAMP", paced_until)],
            )


def is_conflict(error: BadRequest) -> bool:
    """Whether BigQuery refused a statement because of another one at the same time."""
    text = str(error).lower()
    return any(words in text for words in ("concurrent", "serialize access", "conflict", "failed to commit"))


def _lost(holder: str) -> LeaseLostError:
    return LeaseLostError(
        "Another run took over the lease, so this one committed nothing more. The other run goes on; nothing is lost.",
        debug=f"holder {holder}",
    )
