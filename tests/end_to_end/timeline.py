"""A simulated week whose clock the test moves, and the pipeline that follows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.catalog import load_catalog
from backend.extraction.context import Answer, Tools, Work
from backend.extraction.lookups import lookups
from backend.extraction.pipeline import extract
from backend.extraction.rows import RowMapping
from backend.extraction.runs import perform
from backend.extraction.settle import settle
from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import resolve_address
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from sandbox.genesys import Fault, Lake, World
from sandbox.genesys import create_app as create_simulator
from sandbox.genesys.instants import HOUR
from tests.conftest import MakeSettings
from tests.end_to_end.conftest import served

START = datetime(2026, 3, 2, 9, 17, tzinfo=UTC)


class Clock:
    """Both sides' now, moved by the test and by whoever sleeps."""

    def __init__(self, start: datetime) -> None:
        self.milliseconds = int(start.timestamp() * 1000)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.milliseconds / 1000, UTC)

    def advance(self, hours: float) -> None:
        self.milliseconds += int(hours * HOUR)

    def sleep(self, seconds: float) -> None:
        self.milliseconds += int(seconds * 1000) + 1


@dataclass
class Timeline:
    """One world, one warehouse, one clock."""

    clock: Clock
    world: World
    settings: Settings
    tools: Tools

    def run(self, task: str, work: Work) -> Answer:
        return perform(self.tools, task, work)

    def extract(self) -> Answer:
        return self.run("extract", extract)

    def lookups(self) -> Answer:
        return self.run("lookups", lookups)

    def settle(self) -> list[Answer]:
        """Slices until the cycle is complete."""
        answers = [self.run("settle", settle)]
        while answers[-1].more:
            answers.append(self.run("settle", settle))
        return answers

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """`{name}` in the SQL stands for the table of that name."""
        warehouse = self.tools.warehouse
        return [dict(row.items()) for row in warehouse.run(_Names(warehouse).fill(sql))]

    def table(self) -> dict[str, dict[str, Any]]:
        """The served conversations by id, without what only says when they were read."""
        rows = self.rows("SELECT * EXCEPT (extracted_at) FROM {interaction_details} WHERE deleted_at IS NULL")
        return {row["id"]: row for row in rows}


class _Names:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def fill(self, sql: str) -> str:
        return sql.format_map(self)

    def __getitem__(self, name: str) -> str:
        return self._warehouse.table(name)


@contextmanager
def timeline(
    make: MakeSettings, *, conversations: int, days: int, faults: list[Fault] | None = None, **values: Any
) -> Iterator[Timeline]:
    """A timeline of its own; `values` override settings."""
    clock = Clock(START)
    world = World(11, clock.milliseconds, conversations, days)
    simulator = create_simulator(
        world,
        clock=lambda: clock.milliseconds,
        limit_per_minute=1_000_000,
        lake=Lake(lag=2 * HOUR, queued=1_000, running=1_000),
        faults=faults or [],
    )
    with served(simulator) as url:
        settings = make(
            genesys_region=None,
            genesys_api_url=url,
            genesys_login_url=url,
            genesys_client_id="sandbox-client",
            genesys_client_secret="sandbox-secret",
            genesys_requests_per_minute=100_000,
            **values,
        )
        yield Timeline(clock, world, settings, _tools(settings, clock))


def _tools(settings: Settings, clock: Clock) -> Tools:
    def connect(pacer: Pacer, heartbeat: Callable[[], None], deadline: float) -> GenesysClient:
        return GenesysClient(
            resolve_address(settings),
            settings.genesys_client_id,
            settings.genesys_client_secret,
            pacer=pacer,
            timeout_seconds=10,
            heartbeat=heartbeat,
            deadline=deadline,
            clock=lambda: clock.now().timestamp(),
            sleep=clock.sleep,
        )

    catalog = load_catalog()
    mapping = RowMapping(catalog["interaction_details"])
    return Tools(settings, catalog, Warehouse(settings), mapping, connect, now=clock.now, sleep=clock.sleep)
