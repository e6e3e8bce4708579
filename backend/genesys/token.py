"""The access token of a client-credentials grant: asked for, kept, renewed, and never shown."""

from base64 import b64encode
from collections.abc import Callable
from typing import Annotated

import msgspec

from backend.errors import GenesysAuthError, SettingsError
from backend.genesys.answers import Answer, decode, quote, refusal
from backend.genesys.transport import Call, Transport
from backend.settings import Secret

_PATH = "/oauth/token"
_REFUSED_STATUSES = frozenset({400, 401, 403})
# Renewed this long, or this part of its life, before it expires.
_EARLY_SECONDS, _EARLY_PART = 60.0, 0.1


class _Grant(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    expires_in: Annotated[float, msgspec.Meta(gt=0)]


class _Refusal(msgspec.Struct):
    error: str | None = None
    description: str | None = None
    error_description: str | None = None


class TokenSource:
    """The token of one OAuth client; `clock` gives Unix seconds."""

    def __init__(
        self, transport: Transport, login_url: str, client_id: str, secret: Secret, *, clock: Callable[[], float]
    ) -> None:
        self._transport = transport
        self._url = login_url + _PATH
        self._client_id = client_id
        self._secret = secret
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0

    def token(self) -> str:
        """A token that is still good for a while. Raises what `renew` raises."""
        return self._token if self._token and self._clock() < self._renew_at else self.renew()

    def renew(self) -> str:
        """A new token. A refused client's secret is read again from its source, once.

        Raises `GenesysAuthError` where the client stays refused, `GenesysInvalidResponseError` and
        `GenesysRateLimitedError` as any request does.
        """
        answer = self._ask()
        if answer.status in _REFUSED_STATUSES:
            known = self._secret.value
            self._secret = self._reread(answer)
            if self._secret.value == known:
                raise _refused(answer, "its secret, read again, is the same")
            answer = self._ask()
        if answer.status in _REFUSED_STATUSES:
            raise _refused(answer, "its secret was read again, and the new one is refused too")
        if not 200 <= answer.status < 300:
            raise refusal(f"POST {_PATH}", _PATH, answer)
        grant = decode(answer.body, _Grant, f"POST {_PATH}")
        self._token = grant.access_token
        self._renew_at = self._clock() + grant.expires_in - min(_EARLY_SECONDS, grant.expires_in * _EARLY_PART)
        return self._token

    def _ask(self) -> Answer:
        pair = b64encode(f"{self._client_id}:{self._secret.value}".encode()).decode()
        call = Call(
            method="POST",
            url=self._url,
            path=_PATH,
            authorization=f"Basic {pair}",
            hidden=(pair, self._secret.value),
            body=b"grant_type=client_credentials",
            body_type="application/x-www-form-urlencoded",
        )
        return self._transport.send(call)

    def _reread(self, answer: Answer) -> Secret:
        try:
            return self._secret.reread()
        except SettingsError as error:
            raise _refused(answer, f"its secret cannot be read again: {error}") from error


def _refused(answer: Answer, secret_state: str) -> GenesysAuthError:
    try:
        body = msgspec.json.decode(answer.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = _Refusal()
    said = quote(body.error, body.description or body.error_description) or f"status {answer.status}"
    return GenesysAuthError(
        f"Genesys Cloud refuses the OAuth client ({said}); {secret_state}. Nothing can be read until GENESYS_CLIENT_ID "
        "and GENESYS_CLIENT_SECRET are those of an active client of this region: correct them (a literal secret needs "
        "a new start). The next run then catches up by itself.",
        debug=answer.correlation,
    )
