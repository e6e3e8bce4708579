"""Runs of the pipeline against a source, in a process that can die before any of its effects."""

import dataclasses
from collections.abc import Callable
from typing import Any

from google.cloud import bigquery

from backend.catalog import load_catalog
from backend.extraction.context import Answer, Tools, Work, make_tools
from backend.extraction.lookups import lookups
from backend.extraction.pipeline import extract
from backend.extraction.runs import perform
from backend.extraction.settle import settle
from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from tests.extraction.organization import Clock

WORKS: dict[str, Work] = {"extract": extract, "settle": settle, "lookups": lookups}

type Row = dict[str, Any]


class ProcessDied(BaseException):
    """The process is gone: nothing after this has an effect."""


class _Mortal:
    """A BigQuery client whose process dies before the effect after its `life` ones; reading is no effect."""

    def __init__(self, client: bigquery.Client, life: int) -> None:
        self._client = client
        self._life = life
        self.is_dead = False

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        return self._counted(attribute) if callable(attribute) else attribute

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if self.is_dead:
                raise ProcessDied
            if _has_effect(method.__name__, arguments):
                self.is_dead = self._life == 0
                self._life -= 1
                if self.is_dead:
                    raise ProcessDied
            return method(*arguments, **options)

        return call


def _has_effect(method: str, arguments: tuple[Any, ...]) -> bool:
    if method in ("query", "query_and_wait"):
        return not str(arguments[0]).lstrip().startswith("SELECT")
    return method in ("load_table_from_file", "create_table", "delete_table")


class Service:
    """One warehouse, one clock, one source."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.warehouse = Warehouse(settings)
        self.tools = dataclasses.replace(
            make_tools(settings, load_catalog(), self.warehouse),
            connect=self._connect,
            now=clock,
            monotonic=lambda: clock.now.timestamp(),
            sleep=clock.sleep,
        )
        create_missing_tables(self.warehouse, self.tools.catalog)

    def _connect(self, pacer: Pacer, heartbeat: Callable[[], None], deadline: float) -> GenesysClient:
        settings = self.tools.settings
        return GenesysClient(
            GenesysAddress(settings.genesys_api_url or "", settings.genesys_login_url or ""),
            settings.genesys_client_id,
            settings.genesys_client_secret,
            pacer=pacer,
            timeout_seconds=5,
            heartbeat=heartbeat,
            deadline=deadline,
            clock=lambda: self.clock.now.timestamp(),
            sleep=self.clock.sleep,
        )

    def run(self, task: str, work: Work | None = None) -> Answer:
        """One run; a minute goes by with it."""
        self.clock.sleep(60)
        return perform(self.tools, task, work or WORKS[task])

    def run_all(self, task: str) -> None:
        """Runs until none says `more`."""
        while self.run(task).more:
            pass

    def die(self, task: str, effects: int) -> bool:
        """A run whose process dies after so many effects; False where it came to its end before."""
        self.clock.sleep(60)
        mortal = Warehouse(self.tools.settings)
        client = _Mortal(mortal.client, effects)
        vars(mortal)["client"] = client
        tools: Tools = dataclasses.replace(self.tools, warehouse=mortal)
        try:
            perform(tools, task, WORKS[task])
        except ProcessDied:
            self._let_the_lease_expire()
        return client.is_dead

    def _let_the_lease_expire(self) -> None:
        self.warehouse.run(
            f"UPDATE {self.warehouse.table('extraction_state')} "
            "SET lease_until = TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 SECOND) WHERE lease_until IS NOT NULL"
        )

    def rows(self, table: str, columns: str = "*") -> list[Row]:
        rows = self.warehouse.run(f"SELECT {columns} FROM {self.warehouse.table(table)}")
        return sorted((dict(row.items()) for row in rows), key=repr)

    def state(self) -> Row:
        (state,) = self.rows("extraction_state")
        return state

    def data(self) -> dict[str, list[Row]]:
        """Everything that is served, or that decides what will be."""
        details = self.rows("interaction_details", "* EXCEPT (extracted_at)")
        for row in details:
            row["deleted_at"] = row["deleted_at"] is not None
        others = ("interaction_metrics", "interaction_references", "queue_performance")
        return {"interaction_details": details} | {table: self.rows(table) for table in others}
