"""Every failure as the JSON envelope, and the id that answer and log share."""

import logging
import uuid

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from backend.errors import BodyTooLargeError, InternalError, RequestError, ServiceError
from backend.web.incoming import drain

_log = logging.getLogger(__name__)


def register_failures(app: Flask) -> None:
    app.before_request(_name_request)
    app.after_request(_show_request_id)
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _name_request() -> None:
    g.request_id = uuid.uuid4().hex


def _show_request_id(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    return response


def _service_error(error: ServiceError) -> Response:
    level = logging.ERROR if error.status >= 500 else logging.INFO
    defect = isinstance(error, InternalError)
    _log.log(level, "%s: %s", error.code, error.message, extra={"debug": error.debug}, exc_info=defect)
    return _envelope(error, error.status)


def _http_error(error: HTTPException) -> Response:
    """Failures that Flask finds before a route runs, in our terms; headers such as `Allow` are kept."""
    match error:
        case RequestEntityTooLarge():
            drain()
            answer: ServiceError = BodyTooLargeError("The request is too large. Use fewer or shorter filters.")
        case NotFound():
            answer = RequestError("There is nothing at this address. Check the connector's BACKEND_URL.")
        case MethodNotAllowed():
            answer = RequestError("This address does not take that method.")
        case _:
            answer = RequestError(error.description or error.name)
    _log.info("%s: %s", answer.code, answer.message)
    response = _envelope(answer, error.code or 500)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    _log.exception("internal: %s", type(error).__name__)
    return _envelope(InternalError("Something went wrong in the connector. Report this error with its id."), 500)


def _envelope(error: ServiceError, status: int) -> Response:
    response = Response(orjson.dumps(error.envelope(g.request_id)), status, mimetype="application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
