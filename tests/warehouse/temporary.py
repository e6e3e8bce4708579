"""Datasets that live as long as a test: the engine slows with every project and table that stays."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backend.settings import Settings
from backend.warehouse.client import Warehouse
from tests.conftest import MakeSettings

_PROJECT = "temporary"


@contextmanager
def temporary_datasets(embedded_settings: MakeSettings) -> Iterator[MakeSettings]:
    """As `embedded_settings`, each time in a new dataset of one project; all are dropped at the end."""
    made: list[Settings] = []

    def make(**values: Any) -> Settings:
        place = {"bigquery_project": _PROJECT, "bigquery_dataset": f"genesys_{uuid.uuid4().hex[:12]}"}
        made.append(embedded_settings(**place | values))
        return made[-1]

    yield make
    for settings in made:
        client = Warehouse(settings).client
        client.delete_dataset(settings.bigquery_dataset, delete_contents=True, not_found_ok=True)
