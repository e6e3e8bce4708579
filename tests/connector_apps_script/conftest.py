from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.looker.apps_script import AppsScript
from tests.connector_apps_script.fake_backend import FakeBackend, FakeClock

CONNECTOR = Path(__file__).parents[2] / "connector_apps_script"
OWNER = "owner@example.com"
KEY = "k" * 32

type Call = Callable[..., Any]


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def script(backend: FakeBackend, clock: FakeClock) -> AppsScript:
    """The real files, the backend's address set, a key stored for the owner."""
    return AppsScript(
        CONNECTOR,
        {"BACKEND_URL": "https://backend.example.com/"},
        fetch=backend,
        identity_token=lambda email: f"token.of.{email}",
        clock=clock,
        sleep=clock.sleep,
        user_properties={OWNER: {"dscc.key": KEY}},
    )


@pytest.fixture
def call(script: AppsScript) -> Call:
    """Calls an entry point as the owner."""
    return lambda function, *request: script.call(function, *request, effective_user=OWNER)
