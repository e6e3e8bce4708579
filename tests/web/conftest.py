"""The fake Genesys Cloud and passing warehouses, for the tasks that use both."""

from collections.abc import Iterator

import pytest

from tests.conftest import MakeSettings
from tests.genesys.conftest import genesys
from tests.warehouse.temporary import temporary_datasets

__all__ = ["genesys"]


@pytest.fixture
def temporary_settings(embedded_settings: MakeSettings) -> Iterator[MakeSettings]:
    with temporary_datasets(embedded_settings) as make:
        yield make
