"""Reading requests strictly: what the platform doesn't know is refused, never ignored."""

from collections.abc import Set

import msgspec
from flask import request
from werkzeug.datastructures import MultiDict

from .errors import ApiError


def json_body[Body: msgspec.Struct](shape: type[Body]) -> Body:
    """The request's JSON body as a struct; raises ApiError 415 or 400 that says what is wrong and where."""
    if request.mimetype != "application/json":
        raise ApiError(415, "HTTP 415 Unsupported Media Type: send application/json")
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except msgspec.DecodeError as error:
        raise ApiError(400, f"The request body is not acceptable: {error}") from error


def query_parameters(known: Set[str]) -> MultiDict[str, str]:
    """The request's query string; raises ApiError 400 where it holds a parameter that the call doesn't have."""
    unknown = sorted(set(request.args) - known)
    if unknown:
        takes = ", ".join(sorted(known)) or "none"
        raise ApiError(400, f"Unknown query parameter {', '.join(unknown)}; this call takes: {takes}")
    return request.args


def whole_number(values: MultiDict[str, str], name: str, default: int, most: int) -> int:
    """A parameter as a whole number from 1 to `most`."""
    text = values.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ApiError(400, f"Parameter {name} must be a whole number from 1 to {most}, not {text!r}", "invalid.value")
    return int(text)


def choice(values: MultiDict[str, str], name: str, default: str, choices: Set[str]) -> str:
    """A parameter that must be one of some words."""
    value = values.get(name, default)
    if value not in choices:
        message = f"Parameter {name} must be one of {', '.join(sorted(choices))}, not {value!r}"
        raise ApiError(400, message, "invalid.value")
    return value
