"""Bodies that only a real server can be sent: larger than allowed, and against the rules of HTTP."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from sandbox.bigquery import LocalBigQuery
from tests.conftest import API_KEY, MakeSettings
from tests.process.conftest import Backend, prepared

LARGE = 100 << 20


@pytest.fixture(scope="module")
def server(embedded_settings: MakeSettings, local_bigquery: LocalBigQuery) -> Iterator[Backend]:
    with prepared(embedded_settings, local_bigquery) as backend:
        backend.start()
        yield backend


def pieces() -> Iterator[bytes]:
    for _ in range(LARGE >> 20):
        yield b" " * (1 << 20)


@pytest.mark.parametrize("path", ["/v1/config", "/v1/schema", "/v1/data", "/v1/credentials"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_a_client_that_sends_all_before_it_listens_reads_the_refusal(server: Backend, path: str, chunked: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Authorization": f"Bearer {API_KEY}"}
    if chunked:
        connection.request("POST", path, pieces(), headers | {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    else:
        connection.request("POST", path, pieces(), headers | {"Content-Length": str(LARGE)})
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["error"]["code"] == "body_too_large"
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200, "the connection can be used again"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"ZZ\r\nabc\r\n", id="size that is no number"),
        pytest.param(b"-5\r\nabc\r\n", id="negative size"),
        pytest.param(b"3\r\nabcXX\r\n", id="without its end"),
    ],
)
def test_a_body_wrongly_chunked_is_the_sender_s_fault(server: Backend, body: bytes) -> None:
    head = f"POST /v1/data HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {API_KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"invalid_request"' in answer
