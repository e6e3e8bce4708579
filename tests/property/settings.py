"""Settings of a service that reads a scripted source."""

from typing import Any

from tests.genesys.fakes import SECRET


def settings_of(url: str, *, start: str = "2024-03-08") -> dict[str, Any]:
    return {
        "genesys_region": None,
        "genesys_api_url": url,
        "genesys_login_url": url,
        "genesys_client_secret": SECRET,
        "genesys_requests_per_minute": 100_000,
        "extract_start": start,
    }
