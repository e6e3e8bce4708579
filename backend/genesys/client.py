"""The one door to the Genesys Cloud API: paths and parameters in, raw JSON out."""

import math
import time
from collections.abc import Callable, Mapping

import msgspec
import requests

from backend.errors import GenesysAuthError
from backend.genesys.answers import Answer, quote, read_error, refusal
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.genesys.token import TokenSource
from backend.genesys.transport import Call, Params, Transport
from backend.genesys.waiting import RunTime
from backend.settings import Secret


class GenesysClient:
    """Calls the API for one run, one request at a time.

    `deadline` (Unix seconds) bounds every wait. `heartbeat` is called before each try and at least every five seconds
    of a wait; it keeps the run's lease, and what it raises ends the call. Every call raises `GenesysAuthError`,
    `GenesysPermissionError`, `GenesysRateLimitedError` or `GenesysInvalidResponseError`.
    """

    def __init__(
        self,
        address: GenesysAddress,
        client_id: str,
        client_secret: Secret,
        *,
        pacer: Pacer,
        timeout_seconds: float,
        heartbeat: Callable[[], None],
        deadline: float = math.inf,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        session: requests.Session | None = None,
    ) -> None:
        run_time = RunTime(clock=clock, sleep=sleep, heartbeat=heartbeat, deadline=deadline)
        self._api_url = address.api_url
        self._transport = Transport(
            pacer=pacer, time=run_time, timeout_seconds=timeout_seconds, session=session or requests.Session()
        )
        self._tokens = TokenSource(self._transport, address.login_url, client_id, client_secret, clock=clock)

    @property
    def requests(self) -> int:
        """Requests sent so far: repeated ones and those for a token included."""
        return self._transport.requests

    def get(self, path: str, params: Params | None = None) -> bytes:
        """The JSON body of `GET path`; a query string given as text is sent as it is."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """The JSON body of `POST path`. It may be sent twice when an answer is lost."""
        return self._call("POST", path, body=msgspec.json.encode(body))

    def _call(self, method: str, path: str, *, params: Params | None = None, body: bytes | None = None) -> bytes:
        answer = self._send(method, path, self._tokens.token(), params, body)
        if answer.status == 401:
            answer = self._send(method, path, self._tokens.renew(), params, body)
        if 200 <= answer.status < 300:
            return answer.body
        if answer.status == 401:
            raise _unauthorized(f"{method} {path}", answer)
        raise refusal(f"{method} {path}", path, answer)

    def _send(self, method: str, path: str, token: str, params: Params | None, body: bytes | None) -> Answer:
        return self._transport.send(
            Call(
                method=method,
                url=self._api_url + path,
                path=path,
                authorization=f"Bearer {token}",
                hidden=(token,),
                params=params,
                body=body,
            )
        )


def _unauthorized(call: str, answer: Answer) -> GenesysAuthError:
    error = read_error(answer.body)
    said = quote(error.code, error.message) or "no reason given"
    return GenesysAuthError(
        f"Genesys Cloud refuses a token that it has just issued ({call}: {said}). Nothing can be read until the OAuth "
        "client is active and GENESYS_REGION (or the pair GENESYS_API_URL and GENESYS_LOGIN_URL) names its region; the "
        "next run then catches up by itself.",
        debug=answer.correlation,
    )
