"""Warehouses in the embedded BigQuery."""

from collections.abc import Iterator

import pytest

from backend.catalog import Dataset, load_catalog
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from tests.conftest import MakeSettings
from tests.warehouse.contents import DATASET
from tests.warehouse.history import History, write_history
from tests.warehouse.temporary import temporary_datasets


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return DATASET


@pytest.fixture(scope="module")
def shared_settings(embedded_settings: MakeSettings) -> Iterator[MakeSettings]:
    with temporary_datasets(embedded_settings) as make:
        yield make


@pytest.fixture(scope="module")
def warehouse(shared_settings: MakeSettings) -> Warehouse:
    """One with its tables, shared by all tests of a file: each looks only at days and ids of its own."""
    warehouse = Warehouse(shared_settings())
    create_missing_tables(warehouse, load_catalog())
    return warehouse


@pytest.fixture(scope="session")
def unreached(make_settings: MakeSettings) -> Warehouse:
    """One that is only asked for SQL."""
    return Warehouse(make_settings(bigquery_project="project", bigquery_dataset="genesys"))


@pytest.fixture(scope="module")
def history(warehouse: Warehouse) -> History:
    return write_history(warehouse)
