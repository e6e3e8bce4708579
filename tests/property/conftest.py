from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import MakeSettings
from tests.extraction.conftest import clock, temporary_settings
from tests.extraction.organization import Clock
from tests.genesys.conftest import genesys
from tests.genesys.fakes import SECRET, FakeGenesys
from tests.property.service import Service
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


def settings_of(url: str) -> dict[str, Any]:
    return {
        "genesys_region": None,
        "genesys_api_url": url,
        "genesys_login_url": url,
        "genesys_client_secret": SECRET,
        "genesys_requests_per_minute": 100_000,
        "extract_start": "2024-03-08",
    }
