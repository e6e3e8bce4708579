"""A WSGI application that answers every request with the bytes of one file: what a kept answer can cost at least."""

import os
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

BODY_FILE = "READY_BODY"

_body = Path(os.environ.get(BODY_FILE, os.devnull)).read_bytes()


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": str(len(_body))}
    start_response("200 OK", list(headers.items()))
    return [_body]
