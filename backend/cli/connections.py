"""An operator's own connections: a Genesys client and what it may take, outside of any run."""

import time

from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import resolve_address
from backend.settings import Settings

_PATIENCE_SECONDS = 120.0


def genesys_client(settings: Settings) -> GenesysClient:
    """A client that holds no lease and gives up after two minutes. Raises `SettingsError` for an unknown region."""
    return GenesysClient(
        resolve_address(settings),
        settings.genesys_client_id,
        settings.genesys_client_secret,
        pacer=Pacer(settings.genesys_requests_per_minute, clock=time.time),
        timeout_seconds=settings.genesys_timeout_seconds,
        heartbeat=lambda: None,
        deadline=time.time() + _PATIENCE_SECONDS,
    )
