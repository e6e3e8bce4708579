"""Region names, domains and explicit addresses."""

import pytest

from backend.errors import SettingsError
from backend.genesys.regions import GenesysAddress, resolve_address
from backend.settings import Settings


def settings(**values: str | None) -> Settings:
    """Only what names the address; the rest plays no part here."""
    absent: dict[str, str | None] = {"genesys_region": None, "genesys_api_url": None, "genesys_login_url": None}
    return Settings.model_construct(**absent | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("us-east-1", "mypurecloud.com"),
        ("mypurecloud.ie", "mypurecloud.ie"),
        (" EU-Central-1 ", "mypurecloud.de"),
        ("us-east-2", "use2.us-gov-pure.cloud"),
        ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
        ("apne3.pure.cloud", "apne3.pure.cloud"),
    ],
)
def test_a_region_or_its_domain_gives_both_addresses(region: str, domain: str) -> None:
    assert resolve_address(settings(genesys_region=region)) == GenesysAddress(
        f"https://api.{domain}", f"https://login.{domain}"
    )


def test_explicit_addresses_win_over_the_region() -> None:
    pair = {"genesys_api_url": "http://127.0.0.1:9001", "genesys_login_url": "http://127.0.0.1:9002"}

    address = resolve_address(settings(genesys_region="us-east-1", **pair))

    assert address == GenesysAddress("http://127.0.0.1:9001", "http://127.0.0.1:9002")


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("us-east-7", "did you mean us-east-"),
        ("api.mypurecloud.com", r"did you mean mypurecloud\.com"),
        ("moon", "known are us-east-1"),
    ],
)
def test_an_unknown_region_is_refused_with_a_hint(region: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=rf"^GENESYS_REGION: '{region}'.*{hint}.*GENESYS_API_URL"):
        resolve_address(settings(genesys_region=region))
