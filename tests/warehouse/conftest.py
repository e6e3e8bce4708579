"""Warehouses in the embedded BigQuery."""

from collections.abc import Iterator

import pytest

from backend.catalog import Dataset, load_catalog
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from tests.conftest import MakeSettings
from tests.warehouse.temporary import temporary_datasets


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return load_catalog()["interaction_details"]


@pytest.fixture(scope="module")
def module_settings(embedded_settings: MakeSettings) -> Iterator[MakeSettings]:
    with temporary_datasets(embedded_settings) as make:
        yield make


@pytest.fixture(scope="module")
def warehouse(module_settings: MakeSettings, dataset: Dataset) -> Warehouse:
    """One with its tables, shared by a module."""
    warehouse = Warehouse(module_settings())
    create_missing_tables(warehouse, [dataset])
    return warehouse


@pytest.fixture(scope="session")
def unreached(make_settings: MakeSettings) -> Warehouse:
    """One that is only asked for SQL."""
    return Warehouse(make_settings(bigquery_project="project", bigquery_dataset="genesys"))
