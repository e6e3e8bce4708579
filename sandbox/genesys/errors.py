"""Errors as the platform words them: one body for every API failure, another for the login."""

from typing import Any
from uuid import uuid4

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

_CODES = {
    400: "bad.request",
    401: "authentication.required",
    403: "not.authorized",
    404: "not.found",
    405: "method.not.allowed",
    413: "request.entity.too.large",
    415: "unsupported.media.type",
    500: "internal.server.error",
    502: "bad.gateway",
    503: "service.unavailable",
    504: "request.timeout",
}


class ApiError(Exception):
    """A refusal with the platform's status, code and text; `params` fill the text's brackets by name."""

    def __init__(
        self, status: int, message: str, code: str = "", params: dict[str, str] | None = None, retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or _CODES[status]
        self.params = params or {}
        self.retry_after = retry_after


class LoginError(Exception):
    """A refused token request: RFC 6749's `error`, with the platform's own `description` beside it."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


def correlation_id() -> str:
    """The id of the request at hand, the same in header and body."""
    if "correlation_id" not in g:
        g.correlation_id = str(uuid4())
    return str(g.correlation_id)


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer; `value` may be ready bytes."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return Response(body, status, content_type="application/json")


def error_response(error: ApiError) -> Response:
    """The general error body, with `Retry-After` where a time to wait is known."""
    response = json_response(
        {
            "message": error.message,
            "code": error.code,
            "status": error.status,
            "messageParams": error.params,
            "contextId": correlation_id(),
            "details": [],
            "errors": [],
        },
        error.status,
    )
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def register(app: Flask) -> None:
    """Make the application answer every failure in the platform's form."""

    @app.errorhandler(ApiError)
    def api_error(error: ApiError) -> Response:
        return error_response(error)

    @app.errorhandler(LoginError)
    def login_error(error: LoginError) -> Response:
        body = {"error": error.error, "description": error.description, "error_description": error.description}
        return json_response(body, error.status)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        message = f"HTTP {status} {error.name}"
        return error_response(ApiError(status, message, _CODES.get(status, "bad.request")))
