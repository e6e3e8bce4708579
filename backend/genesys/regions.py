"""Where a Genesys Cloud organisation answers: the API and the login address of its region."""

from dataclasses import dataclass
from difflib import get_close_matches

from backend.errors import SettingsError
from backend.settings import Settings

_DOMAINS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
}


@dataclass(frozen=True)
class GenesysAddress:
    """Base addresses without a trailing slash."""

    api_url: str
    login_url: str


def resolve_address(settings: Settings) -> GenesysAddress:
    """The explicit pair of addresses where it is set, else those of the region (AWS name or domain, any case).

    Raises `SettingsError` for a region that is not known.
    """
    if settings.genesys_api_url and settings.genesys_login_url:
        return GenesysAddress(settings.genesys_api_url, settings.genesys_login_url)
    return region_address(settings.genesys_region or "")


def region_address(region: str) -> GenesysAddress:
    """The addresses of a region (AWS name or domain, any case); raises `SettingsError` for one that is not known."""
    domain = _domain(region)
    return GenesysAddress(f"https://api.{domain}", f"https://login.{domain}")


def _domain(region: str) -> str:
    name = region.strip().lower()
    domain = _DOMAINS.get(name, name)
    if domain in _DOMAINS.values():
        return domain
    close = get_close_matches(name, [*_DOMAINS, *_DOMAINS.values()])
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(_DOMAINS)} and their domains."
    raise SettingsError(
        f"GENESYS_REGION: {region!r} is not a known Genesys Cloud region; {hint} "
        "For a newer region set GENESYS_API_URL and GENESYS_LOGIN_URL instead."
    )
