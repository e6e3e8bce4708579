from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import MakeSettings
from tests.extraction.conftest import clock, temporary_settings
from tests.extraction.organization import Clock
from tests.genesys.conftest import genesys
from tests.genesys.fakes import FakeGenesys
from tests.property.service import Service
from tests.property.settings import settings_of
from tests.property.source import Source

__all__ = ["clock", "genesys", "temporary_settings"]

type MakeService = Callable[..., Service]


@pytest.fixture
def source(genesys: FakeGenesys, clock: Clock) -> Source:
    return Source(genesys, clock)


@pytest.fixture
def service(temporary_settings: MakeSettings, source: Source, clock: Clock) -> MakeService:
    """`service()`: a service of that source with an empty warehouse; keyword arguments are settings."""

    def make(**values: Any) -> Service:
        return Service(temporary_settings(**settings_of(source.fake.url) | values), clock)

    return make
