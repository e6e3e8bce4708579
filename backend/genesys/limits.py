"""Who the token belongs to, and which limits Genesys sets: both can be read without any permission."""

import msgspec

from backend.genesys.answers import decode
from backend.genesys.client import GenesysClient

_TOKEN = "/api/v2/tokens/me"
_LIMITS = "/api/v2/organizations/limits/namespaces/platform.api"
# The first that is there counts for a client-credentials token.
_REQUESTS_PER_MINUTE = ("client.credentials.token.rate.per.minute", "token.rate.per.minute")


class _Named(msgspec.Struct):
    id: str | None = None
    name: str | None = None


class TokenOwner(msgspec.Struct):
    """The organisation and the OAuth client of a token, as far as Genesys names them."""

    organization: _Named = msgspec.field(default_factory=_Named)
    client: _Named = msgspec.field(default_factory=_Named, name="OAuthClient")


class _Limit(msgspec.Struct):
    key: str
    value: float | None = None


class _Limits(msgspec.Struct):
    entities: list[_Limit] | None = None


def token_owner(client: GenesysClient) -> TokenOwner:
    """Whose token the client works with. Raises what `GenesysClient` raises."""
    return decode(client.get(_TOKEN), TokenOwner, f"GET {_TOKEN}")


def requests_per_minute(client: GenesysClient) -> int | None:
    """How many requests a minute Genesys allows one token; None where it names no such limit.

    Raises what `GenesysClient` raises.
    """
    limits = decode(client.get(_LIMITS), _Limits, f"GET {_LIMITS}").entities or []
    values = {limit.key: limit.value for limit in limits if limit.value is not None}
    return next((int(values[key]) for key in _REQUESTS_PER_MINUTE if key in values), None)
