"""What a run works with, and what it has done so far."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.catalog import Dataset
from backend.extraction.rows import RowMapping
from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import resolve_address
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run
from backend.warehouse.lease import Lease
from backend.warehouse.state import State

# Kept free at the end of a run for staging and committing what was read.
_COMMIT_SECONDS = 90.0
_COMMIT_SHARE = 0.25
# Part of the lease that one silent request may take: the lease is renewed between requests.
_LONGEST_SILENCE = 0.8


@dataclass(frozen=True)
class Tools:
    """What every run uses.

    `connect` makes the run's Genesys client from its pacer, its heartbeat and its deadline (Unix seconds).
    """

    settings: Settings
    catalog: dict[str, Dataset]
    warehouse: Warehouse
    mapping: RowMapping
    connect: Callable[[Pacer, Callable[[], None], float], GenesysClient]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def make_tools(settings: Settings, catalog: dict[str, Dataset], warehouse: Warehouse) -> Tools:
    """What this process uses. Raises `SettingsError` (unknown region) or `SchemaFileError` (a column nothing fills)."""
    address = resolve_address(settings)

    def connect(pacer: Pacer, heartbeat: Callable[[], None], deadline: float) -> GenesysClient:
        return GenesysClient(
            address,
            settings.genesys_client_id,
            settings.genesys_client_secret,
            pacer=pacer,
            timeout_seconds=min(settings.genesys_timeout_seconds, settings.lease_seconds * _LONGEST_SILENCE),
            heartbeat=heartbeat,
            deadline=deadline,
        )

    return Tools(settings, catalog, warehouse, RowMapping(catalog["interaction_details"]), connect)


@dataclass
class Progress:
    """What a run has done so far; the answer to its caller is made from it."""

    records: int = 0
    watermark: datetime | None = None
    more: bool = False
    closed: bool = False
    withheld_deletions: int = 0
    forbidden_lookups: dict[str, str] = field(default_factory=dict)

    def committed(self, records: int, watermark: datetime | None, *, finished: bool) -> None:
        """Notes a commit, whose receipt says the same."""
        self.records += records
        if watermark is not None and (self.watermark is None or watermark > self.watermark):
            self.watermark = watermark
        self.closed = finished

    def forbidden_text(self) -> str | None:
        return "; ".join(self.forbidden_lookups.values()) or None


@dataclass(frozen=True)
class Context:
    """One run at work. `started` and `now` are aware UTC; `deadline` is Unix seconds, reading stops before it."""

    tools: Tools
    run: Run
    lease: Lease
    genesys: GenesysClient
    state: State
    deadline: float
    progress: Progress
    quarantined: frozenset[str] = frozenset()

    def wait(self, seconds: float) -> None:
        """Sleeps; the lease is kept between steps, so waits are short."""
        self.tools.sleep(seconds)

    def seconds_to_read(self) -> float:
        """What is left of the run, less what staging and committing need; below 0 once that is due."""
        reserve = min(_COMMIT_SECONDS, self.tools.settings.run_deadline_seconds * _COMMIT_SHARE)
        return self.deadline - self.tools.now().timestamp() - reserve

    def time_is_short(self) -> bool:
        """Whether what is left of the run is needed for staging and committing what was read."""
        return self.seconds_to_read() < 0


@dataclass(frozen=True)
class Answer:
    """What a task answers to the scheduler."""

    run_id: str
    status: str
    records_processed: int
    watermark: datetime | None
    more: bool
    requests: int = 0


type Work = Callable[[Context], Iterator[None]]
