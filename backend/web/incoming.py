"""The body of a request, bounded; and what to do with one that is too large."""

import time
from contextlib import suppress

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from backend.errors import RequestError

MAX_BODY_BYTES = 1 << 20

# What is too large is read past up to here: many clients look for an answer only when all is sent, and what is left of
# it would be taken for the next request.
_MOST_DRAINED, _DRAIN_SECONDS, _PIECE = 256 << 20, 5.0, 1 << 16


def read_body() -> bytes:
    """The body; one without a Content-Length is cut where Flask's limit lies, just above ours.

    Raises `RequestEntityTooLarge`, and `RequestError` for one that breaks the rules of HTTP.
    """
    try:
        body = request.get_data()
    except (OSError, ParseException) as error:
        raise RequestError("The request's body is cut short or wrongly chunked. Send it again.") from error
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def drain() -> None:
    """Reads past what is left of a body that was refused, in bounded time."""
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or _MOST_DRAINED, _MOST_DRAINED)
    end = time.monotonic() + _DRAIN_SECONDS
    with suppress(OSError, ParseException):
        while left > 0 and time.monotonic() < end and (piece := stream.read(min(_PIECE, left))):
            left -= len(piece)
