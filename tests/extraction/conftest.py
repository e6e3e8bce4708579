from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import MakeSettings
from tests.extraction.organization import Clock, Operator, Organization, utc
from tests.genesys.conftest import genesys
from tests.genesys.fakes import FakeGenesys
from tests.warehouse.temporary import temporary_datasets

__all__ = ["genesys"]


@pytest.fixture
def temporary_settings(embedded_settings: MakeSettings) -> Iterator[MakeSettings]:
    with temporary_datasets(embedded_settings) as make:
        yield make


@pytest.fixture
def clock() -> Clock:
    return Clock(utc("2024-03-10T12:00:00"))


@pytest.fixture
def organization(genesys: FakeGenesys, clock: Clock) -> Organization:
    return Organization(genesys, clock)


type MakeOperator = Callable[..., Operator]


@pytest.fixture
def operator(temporary_settings: MakeSettings, organization: Organization, clock: Clock) -> MakeOperator:
    """`operator(extract_start="2024-03-10")`: an operator of an empty warehouse, with these settings."""

    def make(**values: Any) -> Operator:
        url = organization.fake.url
        addresses = {"genesys_region": None, "genesys_api_url": url, "genesys_login_url": url}
        fast = {"genesys_requests_per_minute": 100_000, "genesys_client_secret": "the-client-secret"}
        return Operator(temporary_settings(**addresses | fast | values), clock)

    return make
