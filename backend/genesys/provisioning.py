"""The OAuth client that extraction works with: its real payload, and creating it with an administrator's token.

Source: `POST /api/v2/oauth/clients`, whose permission is `oauth:client:add`. Of a client-credentials client only roles
and divisions count, never scopes.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import requests

from backend.errors import GenesysAuthError, GenesysInvalidResponseError, GenesysPermissionError, TaskError
from backend.genesys.answers import Answer, decode, quote, read_error
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.genesys.transport import Call, Transport
from backend.genesys.waiting import RunTime

PERMISSIONS = (
    "analytics:conversationDetail:view",
    "analytics:conversationAggregate:view",
    "routing:queue:view",
    "routing:skill:view",
    "routing:wrapupCode:view",
    "groups:team:view",
)
GRANT = "CLIENT-CREDENTIALS"

_PATH = "/api/v2/oauth/clients"
_DEFAULTS = {
    "name": "Interaction detail extraction",
    "description": "Reads conversation details and lookups for reports",
    "authorizedGrantType": GRANT,
    "accessTokenValiditySeconds": 86_400,
    "state": "active",
}
_TIMEOUT_SECONDS = 30.0
_DEADLINE_SECONDS = 120.0


class CreatedClient(msgspec.Struct):
    """What Genesys answers: `id` and `secret` are GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"CreatedClient({self.id}, ***)"


def client_payload(given: Mapping[str, Any], role_divisions: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The payload with what is given (in Genesys's own terms) over the defaults; `role_divisions` are pairs of ids."""
    payload = {**_DEFAULTS, **given}
    granted = [{"roleId": role, "divisionId": division} for role, division in role_divisions]
    if granted:
        payload["roleDivisions"] = granted
    return payload


def create_client(address: GenesysAddress, admin_token: str, payload: Mapping[str, Any]) -> CreatedClient:
    """Creates the client; sent once, since a repeated request would make a second one.

    Raises `GenesysAuthError`, `GenesysPermissionError`, `GenesysRateLimitedError` or `GenesysInvalidResponseError`.
    """
    deadline = time.time() + _DEADLINE_SECONDS
    run_time = RunTime(clock=time.time, sleep=time.sleep, heartbeat=lambda: None, deadline=deadline)
    call = Call(
        method="POST",
        url=address.api_url + _PATH,
        path=_PATH,
        authorization=f"Bearer {admin_token}",
        hidden=(admin_token,),
        body=msgspec.json.encode(payload),
        tries_if_lost=1,
    )
    with requests.Session() as session:
        transport = Transport(
            pacer=Pacer(60, clock=time.time), time=run_time, timeout_seconds=_TIMEOUT_SECONDS, session=session
        )
        try:
            answer = transport.send(call)
        except GenesysInvalidResponseError as error:
            raise _unknown_outcome(payload, error) from error
    if not 200 <= answer.status < 300:
        raise _refused(answer)
    return decode(answer.body, CreatedClient, str(call))


def _unknown_outcome(payload: Mapping[str, Any], error: TaskError) -> GenesysInvalidResponseError:
    return GenesysInvalidResponseError(
        f"Genesys Cloud gave no whole answer, so the client may exist or not. Look under Admin > Integrations > OAuth "
        f"for {payload['name']!r} and delete it, or make a new secret for it there, before trying again.",
        debug=error.debug,
    )


def _refused(answer: Answer) -> TaskError:
    body = read_error(answer.body)
    said = quote(body.code, body.message) or "no reason given"
    if answer.status in (401, 403):
        kind = GenesysAuthError if answer.status == 401 else GenesysPermissionError
        return kind(
            f"Genesys Cloud refuses the administrator's token ({said}). Nothing was created; take a fresh token of a "
            "user of this region who has the permission oauth:client:add.",
            debug=answer.correlation,
        )
    return GenesysInvalidResponseError(
        f"Genesys Cloud refuses the client (status {answer.status}, {said}). Nothing was created; correct the payload.",
        debug=answer.correlation,
    )
