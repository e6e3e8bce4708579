"""What extraction needs of Genesys Cloud: a token, permissions, a rate limit that is kept, a clock that agrees."""

from datetime import UTC, datetime, timedelta
from functools import partial

from backend.cli.examination import Check, UnfitError
from backend.forms import rfc3339
from backend.genesys.aggregates import queue_totals
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import total_hits
from backend.genesys.jobs import availability
from backend.genesys.limits import requests_per_minute, token_owner
from backend.genesys.lookups import LOOKUP_KINDS, Kind, probe_lookup
from backend.settings import Settings

_HALF_HOUR = timedelta(minutes=30)
# Runs read up to this machine's now less EXTRACT_DELAY_SECONDS: a clock ahead of Genesys's eats that delay.
_MOST_SKEW_SECONDS = 5.0


def genesys_checks(settings: Settings, client: GenesysClient) -> list[Check]:
    """Checks of the organisation that the settings name; the first is the token."""
    lookups = [Check(f"Genesys {_title(kind)}", partial(_lookup, client, kind)) for kind in LOOKUP_KINDS]
    return [
        Check("Genesys token", partial(_token, client)),
        Check("clock", partial(_clock, client)),
        Check("Genesys rate limit", partial(_rate_limit, settings, client)),
        Check("Genesys conversation details", partial(_details, client)),
        Check("Genesys detail jobs", partial(_jobs, client)),
        Check("Genesys aggregates", partial(_aggregates, client)),
        *lookups,
    ]


def _token(client: GenesysClient) -> str:
    owner = token_owner(client)
    names = {"organisation": owner.organization.name, "OAuth client": owner.client.name}
    return ", ".join(f"{what} {name}" for what, name in names.items() if name)


def _clock(client: GenesysClient) -> str:
    ahead = client.clock_ahead
    if ahead is None:
        raise UnfitError("Genesys's answers have no Date header: check that the Genesys address is right")
    if abs(ahead) > _MOST_SKEW_SECONDS:
        side = "ahead of" if ahead > 0 else "behind"
        raise UnfitError(
            f"this machine's clock is {abs(ahead):.0f} s {side} Genesys's: have it synchronised (NTP), since runs go "
            "by it"
        )
    return f"within {_MOST_SKEW_SECONDS:.0f} s of Genesys's"


def _rate_limit(settings: Settings, client: GenesysClient) -> str:
    allowed, used = requests_per_minute(client), settings.genesys_requests_per_minute
    if allowed is None:
        return f"GENESYS_REQUESTS_PER_MINUTE is {used}; Genesys names no limit for it"
    if used > allowed:
        raise UnfitError(f"GENESYS_REQUESTS_PER_MINUTE is {used}, but Genesys allows {allowed}: lower it")
    return f"GENESYS_REQUESTS_PER_MINUTE is {used}, Genesys allows {allowed}"


def _details(client: GenesysClient) -> str:
    now = datetime.now(UTC)
    return f"about {total_hits(client, now - timedelta(hours=1), now)} conversations in the last hour"


def _jobs(client: GenesysClient) -> str:
    return f"the data lake is complete up to {rfc3339(availability(client))}"


def _aggregates(client: GenesysClient) -> str:
    now = datetime.now(UTC)
    begun = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    totals = sum(1 for _ in queue_totals(client, begun - _HALF_HOUR, begun))
    return f"{totals} totals of the last half-hour"


def _lookup(client: GenesysClient, kind: Kind) -> str:
    probe_lookup(client, kind)
    return "may be read"


def _title(kind: Kind) -> str:
    return "wrap-up codes" if kind == "wrapup_code" else f"{kind}s"
