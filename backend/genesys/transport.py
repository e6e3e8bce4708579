"""Sends one request to Genesys Cloud: paced, bounded in time and size, repeated where repeating can help."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import msgspec
import requests
import requests.auth
import tenacity
import urllib3

from backend.errors import GenesysInvalidResponseError, GenesysRateLimitedError
from backend.genesys import retries
from backend.genesys.answers import Answer
from backend.genesys.pacing import Pacer
from backend.genesys.waiting import RunTime

type Params = Mapping[str, str | int] | str

_LOG = logging.getLogger(__name__)

_LARGEST_BODY = 64 * 1024 * 1024
_LARGE_BODY, _EDGE = 1024 * 1024, 64
_CHUNK = 256 * 1024
# A body that drips in may take this many times the longest silence.
_LONGEST_ATTEMPT_IN_TIMEOUTS = 4


@dataclass(frozen=True)
class Call:
    """One request. `authorization` is that header's value, `hidden` are texts that no message may show.

    `tries_if_lost` is for what must not be carried out often: most tries once an answer was lost, after which nobody
    knows whether it was.
    """

    method: str
    url: str
    path: str
    authorization: str = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    params: Params | None = None
    body: bytes | None = None
    body_type: str = "application/json"
    tries_if_lost: int = retries.TRIES

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "application/json"} | ({"Content-Type": self.body_type} if self.body is not None else {})


class _Authorization(requests.auth.AuthBase):
    """Passed as `auth`, because a matching .netrc entry would replace a plain header."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


class Transport:
    """Sends requests one at a time over kept-alive connections, as `pacer` and `time` allow; `requests` counts them.

    `clock_ahead` is by how many seconds this machine's clock is ahead of Genesys's, after the last answer's `Date`
    header (whole seconds, less the time the answer took); None where none told.
    """

    def __init__(self, *, pacer: Pacer, time: RunTime, timeout_seconds: float, session: requests.Session) -> None:
        self.requests = 0
        self.clock_ahead: float | None = None
        self._pacer = pacer
        self._time = time
        self._timeout = timeout_seconds
        self._session = session

    def send(self, call: Call) -> Answer:
        """The whole answer: JSON where the status is 2xx, else a refusal that repeating would not change.

        To DELETE no body is promised. Raises `GenesysRateLimitedError` where Genesys asks for more patience than the
        run has, and `GenesysInvalidResponseError` where it keeps failing. What the heartbeat raises passes through.
        """

        def give_up(state: tenacity.RetryCallState) -> Answer:
            raise retries.final_error(str(call), state, self._time.left()) from retries.failure_of(state)

        def announce(state: tenacity.RetryCallState) -> None:
            _LOG.warning("%s: %s; next try in %.1f s", call, retries.failure_of(state), state.upcoming_sleep)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(retries.PassingError),
            wait=retries.pause,
            stop=lambda state: retries.is_over(state, self._time.left(), call.tries_if_lost),
            sleep=self._time.wait,
            before_sleep=announce,
            retry_error_callback=give_up,
        )
        return retrying(self._attempt, call)

    def _attempt(self, call: Call) -> Answer:
        self._pace(call)
        self._time.beat()
        self._pacer.start()
        self.requests += 1
        try:
            answer = self._exchange(call)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise retries.timed_out() from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise retries.PassingError(f"the connection failed, {type(error).__name__}") from error
        self._pacer.observe(answer.headers)
        self.clock_ahead = _clock_ahead(answer, self._time.now())
        if answer.status in retries.PASSING_STATUSES:
            failure = retries.passing_status(answer, self._time.now())
            if answer.status == 429 and failure.retry_after is not None:
                self._pacer.hold(failure.retry_after)
            raise failure
        if 200 <= answer.status < 300 and call.method != "DELETE" and not _is_json(answer.body):
            raise retries.PassingError("the answer is not JSON or was cut short", answer=answer)
        return answer

    def _pace(self, call: Call) -> None:
        delay = self._pacer.delay()
        if delay <= 0:
            return
        if delay > self._time.left():
            raise GenesysRateLimitedError(
                f"{call} would wait {delay:.0f} s for the rate limit, longer than this run has left. The next run goes "
                "on from the last commit; if this recurs, raise GENESYS_REQUESTS_PER_MINUTE or RUN_DEADLINE_SECONDS."
            )
        self._time.wait(delay)

    def _exchange(self, call: Call) -> Answer:
        timeout = min(self._timeout, max(1.0, self._time.left()))
        with self._session.request(
            call.method,
            call.url,
            params=call.params,
            data=call.body,
            headers=call.headers,
            auth=_Authorization(call.authorization),
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = self._read(call, response, self._time.now() + timeout * _LONGEST_ATTEMPT_IN_TIMEOUTS)
        if response.status_code >= 400:
            for secret in call.hidden:
                body = body.replace(secret.encode(), b"***")
        return Answer(response.status_code, response.headers, body)

    def _read(self, call: Call, response: requests.Response, end: float) -> bytes:
        """The body as it comes in, so that a slow or endless one is noticed at once."""
        chunks: list[bytes] = []
        length = 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            length += len(chunk)
            if length > _LARGEST_BODY:
                raise GenesysInvalidResponseError(
                    f"Genesys Cloud's answer to {call} exceeds {_LARGEST_BODY >> 20} MiB, more than any page holds. "
                    "The run stopped before using it; check that the Genesys address is right."
                )
            if self._time.now() > end:
                raise requests.Timeout
            self._time.beat_if_due()
        return b"".join(chunks)


def _clock_ahead(answer: Answer, now: float) -> float | None:
    try:
        return now - parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        return None


def _is_json(body: bytes) -> bool:
    """Whether it is JSON and all of it came. Of a large page only the edges are looked at: its reader parses it all."""
    if len(body) > _LARGE_BODY:
        return body[:_EDGE].lstrip()[:1] in (b"{", b"[") and body[-_EDGE:].rstrip()[-1:] in (b"}", b"]")
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
