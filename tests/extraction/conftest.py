from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import MakeSettings
from tests.extraction.organization import Clock, Operator, Organization, utc
from tests.genesys.conftest import genesys

__all__ = ["genesys"]


@pytest.fixture
def clock() -> Clock:
    return Clock(utc("2024-03-10T12:00:00"))


@pytest.fixture
def organization(genesys: Any, clock: Clock) -> Iterator[Organization]:
    yield Organization(genesys, clock)


type MakeOperator = Callable[..., Operator]


@pytest.fixture
def operator(embedded_settings: MakeSettings, organization: Organization, clock: Clock) -> MakeOperator:
    """`operator(extract_start="2024-03-10")`: an operator of an empty warehouse, with these settings."""

    def make(**values: Any) -> Operator:
        url = organization.fake.url
        addresses = {"genesys_region": None, "genesys_api_url": url, "genesys_login_url": url}
        fast = {"genesys_requests_per_minute": 100_000, "genesys_client_secret": "the-client-secret"}
        return Operator(embedded_settings(**addresses | fast | values), clock)

    return make
