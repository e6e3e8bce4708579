from pathlib import Path

import pytest

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.data_source import DataSource
from sandbox.looker.host import LookerStudio
from tests.sandbox.looker.connector import KEY, Connector

NOON_MARCH_31 = 1_711_886_400.0


@pytest.fixture
def connector() -> Connector:
    return Connector()


@pytest.fixture
def script(connector: Connector) -> AppsScript:
    return AppsScript(
        Path(__file__).parents[3] / "connector_apps_script",
        {"BACKEND_URL": "https://backend.example.com"},
        fetch=connector,
        clock=lambda: NOON_MARCH_31,
    )


@pytest.fixture
def looker(script: AppsScript) -> LookerStudio:
    return LookerStudio(script)


@pytest.fixture
def source(looker: LookerStudio, connector: Connector) -> DataSource:
    """A connected data source; what was asked while connecting is forgotten."""
    connected = looker.add_data_source({"dataset": "calls"}, key=KEY)
    connector.requests.clear()
    return connected
