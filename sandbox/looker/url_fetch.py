"""`UrlFetchApp.fetch` over real HTTP, with its limits: a minute a request, 50 MB an answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests

TIMEOUT_SECONDS = 60
MAX_ANSWER_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class FetchRequest:
    """One request as the script made it."""

    url: str
    method: str
    headers: Mapping[str, str]
    payload: str
    follow_redirects: bool


@dataclass(frozen=True)
class FetchResponse:
    """Status and text of an answer, the text cut where UrlFetchApp cuts it."""

    status: int
    content: str


class FetchError(Exception):
    """No answer came; worded as Apps Script words it."""


def fetch_over_http(request: FetchRequest) -> FetchResponse:
    """Send the request and read at most 50 MB of the answer.

    Raises:
        FetchError: no connection, a broken one, or no whole answer within a minute.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        with requests.Session() as session:
            # Nothing of this machine may change the request: no proxy, and no .netrc in place of Authorization.
            session.trust_env = False
            response = session.request(
                request.method,
                request.url,
                data=request.payload.encode(),
                headers={name: value.encode() for name, value in request.headers.items()},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=request.follow_redirects,
                stream=True,
            )
            return FetchResponse(response.status_code, _read(response, deadline))
    except requests.Timeout as error:
        raise FetchError(f"Exception: Timeout: {request.url}") from error
    except requests.RequestException as error:
        raise FetchError(f"Exception: Address unavailable: {request.url}") from error


def _read(response: requests.Response, deadline: float) -> str:
    content = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if time.monotonic() > deadline:
            raise requests.Timeout
        if len(content) >= MAX_ANSWER_BYTES:
            del content[MAX_ANSWER_BYTES:]
            break
    return content.decode(errors="replace")
