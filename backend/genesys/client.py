"""The one door to the Genesys Cloud API: paths and parameters in, raw JSON out."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
import requests

from backend.errors import GenesysAuthError
from backend.genesys.answers import Answer, quote, read_error, refusal
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.genesys.retries import TRIES
from backend.genesys.token import TokenSource
from backend.genesys.transport import Call, Params, Transport
from backend.genesys.waiting import RunTime
from backend.settings import Secret

_TRIES_TO_CREATE = 3


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

    @property
    def clock_ahead(self) -> float | None:
        """By how many seconds this machine's clock is ahead of Genesys's; None where no answer told."""
        return self._transport.clock_ahead

    def get(self, path: str, params: Params | None = None) -> bytes:
        """The JSON body of `GET path`; a query string given as text is sent as it is."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """The JSON body of `POST path`. It may be sent twice when an answer is lost."""
        return self._call("POST", path, body=msgspec.json.encode(body))

    def create(self, path: str, body: Mapping[str, object]) -> bytes:
        """The JSON body of a `POST path` that makes something: when answers are lost it is sent three times at most."""
        return self._call("POST", path, body=msgspec.json.encode(body), tries_if_lost=_TRIES_TO_CREATE)

    def delete(self, path: str) -> None:
        """`DELETE path`; an answer that was lost is repeated, so what is to be deleted may be gone already."""
        self._call("DELETE", path)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: bytes | None = None,
        tries_if_lost: int = TRIES,
    ) -> bytes:
        call = Call(
            method=method,
            url=self._api_url + path,
            path=path,
            authorization="",
            hidden=(),
            params=params,
            body=body,
            tries_if_lost=tries_if_lost,
        )
        answer = self._send(call, self._tokens.token())
        if answer.status == 401:
            answer = self._send(call, self._tokens.renew())
        if 200 <= answer.status < 300:
            return answer.body
        if answer.status == 401:
            raise _unauthorized(str(call), answer)
        raise refusal(str(call), path, answer)

    def _send(self, call: Call, token: str) -> Answer:
        return self._transport.send(replace(call, authorization=f"Bearer {token}", hidden=(token,)))


def _unauthorized(call: str, answer: Answer) -> GenesysAuthError:
    error = read_error(answer.body)
    said = quote(error.code, error.message) or "no reason given"
    return GenesysAuthError(
        f"Genesys Cloud refuses a token that it has just issued ({call}: {said}). Nothing can be read until the OAuth "
        "client is active and GENESYS_REGION (or the pair GENESYS_API_URL and GENESYS_LOGIN_URL) names its region; the "
        "next run then catches up by itself.",
        debug=answer.correlation,
    )
