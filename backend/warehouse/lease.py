"""The lease that lets one run work at a time, kept in the one row of `extraction_state`.

The holder is the run's id, unique, so it fences too: whatever a run commits names it, and fails once another holds the
lease. All times are the warehouse's own, so that the clocks of instances do not matter.
"""

from collections.abc import Callable
from datetime import datetime

from google.cloud import bigquery

from backend.errors import LeaseLostError
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import STATE


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
            updated = warehouse.run(
                f"""UPDATE {state}
SET lease_holder = @holder, lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND)
WHERE id = 'extraction' AND (lease_holder IS NULL OR lease_until <= CURRENT_TIMESTAMP())""",
                lease.parameters(),
            )
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
                f"""UPDATE {self._warehouse.table(STATE)}
SET lease_until = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @seconds SECOND)
WHERE id = 'extraction' AND lease_holder = @holder""",
                self.parameters(),
            )
        if updated.num_dml_affected_rows != 1:
            raise lost(self.holder)
        self._renewed_at = renewed_at

    def renewed(self) -> None:
        """Notes that a commit has just renewed it."""
        self._renewed_at = self._clock()

    def release(self, paced_until: datetime) -> None:
        """Gives it back, with the moment before which the next run must not call Genesys; no harm where it is lost."""
        with warehouse_errors("releasing the lease"):
            self._warehouse.run(
                f"""UPDATE {self._warehouse.table(STATE)}
SET lease_holder = NULL, lease_until = NULL, paced_until = @paced_until
WHERE id = 'extraction' AND lease_holder = @holder""",
                [*self.parameters()[:1], bigquery.ScalarQueryParameter("paced_until", "TIMESTAMP", paced_until)],
            )


def lost(holder: str) -> LeaseLostError:
    return LeaseLostError(
        "Another run took over the lease, so this one committed nothing more. The other run goes on; nothing is lost.",
        debug=f"holder {holder}",
    )
