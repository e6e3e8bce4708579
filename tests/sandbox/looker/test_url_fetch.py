"""The limits of UrlFetchApp, against canned HTTP answers."""

import pytest
import requests
import responses

from sandbox.looker import url_fetch
from sandbox.looker.url_fetch import FetchError, FetchRequest, FetchResponse, fetch_over_http

URL = "https://backend.example.com/v1/data"
REQUEST = FetchRequest(URL, "POST", {"Authorization": "Bearer ü"}, '{"a": "ü"}', follow_redirects=False)


@responses.activate
def test_answers_of_any_status_come_back_as_text() -> None:
    responses.post(URL, body="schön".encode(), status=502)
    assert fetch_over_http(REQUEST) == FetchResponse(502, "schön")
    sent = responses.calls[0].request
    assert sent.body == '{"a": "ü"}'.encode()
    assert sent.headers["Authorization"] == "Bearer ü".encode()  # type: ignore[comparison-overlap]


@responses.activate
def test_long_answers_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_fetch, "MAX_ANSWER_BYTES", 5)
    responses.post(URL, body=b"123456789")
    assert fetch_over_http(REQUEST).content == "12345"


@responses.activate
@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (requests.ReadTimeout(), f"Exception: Timeout: {URL}"),
        (requests.ConnectionError(), f"Exception: Address unavailable: {URL}"),
        (requests.exceptions.ChunkedEncodingError(), f"Exception: Address unavailable: {URL}"),
    ],
    ids=["timeout", "no connection", "connection lost"],
)
def test_no_answer(failure: Exception, text: str) -> None:
    responses.post(URL, body=failure)
    with pytest.raises(FetchError) as raised:
        fetch_over_http(REQUEST)
    assert str(raised.value) == text
