"""What Genesys Cloud answered: decoding what was promised, and the named error for what was not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from backend.errors import GenesysInvalidResponseError, GenesysPermissionError, TaskError

_PERMISSION = re.compile(r"[A-Za-z]+:[A-Za-z]+:[A-Za-z*]+")
_LONGEST_QUOTE = 300
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

type Instant = Annotated[datetime, msgspec.Meta(tz=True)]

# By the start of a path; users and locations ask for none.
_REQUIRED_PERMISSIONS = {
    "/api/v2/analytics/conversations/details": "analytics:conversationDetail:view",
    "/api/v2/analytics/conversations/aggregates": "analytics:conversationAggregate:view",
    "/api/v2/routing/queues": "routing:queue:view",
    "/api/v2/routing/skills": "routing:skill:view",
    "/api/v2/routing/wrapupcodes": "routing:wrapupCode:view",
    "/api/v2/teams": "groups:team:view",
}


class CallRefusedError(GenesysInvalidResponseError):
    """Genesys understood a call and refused it with the HTTP status `answered`; `said` quotes its reason."""

    def __init__(self, message: str, *, answered: int, said: str, debug: str) -> None:
        super().__init__(message, debug=debug)
        self.answered = answered
        self.said = said


@dataclass(frozen=True)
class Answer:
    """One whole answer; header names are matched in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def correlation(self) -> str:
        """What Genesys support asks for, as text for `debug`."""
        return f"status {self.status}, correlation id {self.headers.get('ININ-Correlation-Id', 'not given')}"


class Limit(msgspec.Struct):
    """The limit that a refused request ran into."""

    key: str = ""
    namespace: str = ""


class _AnyId(msgspec.Struct, rename="camel"):
    conversation_id: str | None = None
    id: str | None = None


class ErrorBody(msgspec.Struct):
    """The error body of the API, as far as it is read."""

    code: str | None = None
    message: str | None = None
    limit: Limit | None = None


def decode[T](body: bytes, shape: type[T], call: str) -> T:
    """The JSON body of `call` as `shape`. Raises `GenesysInvalidResponseError` where it has another form."""
    try:
        return msgspec.json.decode(body, type=shape)
    except _UNREADABLE as error:
        raise GenesysInvalidResponseError(
            f"Genesys Cloud's answer to {call} does not have the promised form ({error}). The run stopped before using "
            "it; if the next runs fail the same way, check the Genesys address and report this."
        ) from error


def identity(record: msgspec.Raw) -> str | bytes:
    """The id of a record; its own text where it has none."""
    try:
        found = msgspec.json.decode(record, type=_AnyId)
    except _UNREADABLE:
        return bytes(record)
    return found.conversation_id or found.id or bytes(record)


def read_error(body: bytes) -> ErrorBody:
    """The error body, empty where Genesys (or a proxy before it) sent something else."""
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except _UNREADABLE:
        return ErrorBody()


def quote(*texts: str | None) -> str:
    """Foreign texts for one line of a message; empty where there are none."""
    return ": ".join(" ".join(text.split())[:_LONGEST_QUOTE] for text in texts if text)


def refusal(call: str, path: str, answer: Answer) -> TaskError:
    """The error for a call that Genesys understood and refused, 401 apart."""
    if answer.status == 403:
        return GenesysPermissionError(_permission_message(call, path, answer), debug=answer.correlation)
    error = read_error(answer.body)
    said = quote(error.code, error.message) or "no reason given"
    return CallRefusedError(
        f"Genesys Cloud answered {call} with status {answer.status} ({said}). The run stopped before using it; check "
        "the Genesys address, and report this if it stays.",
        answered=answer.status,
        said=said,
        debug=answer.correlation,
    )


def _permission_message(call: str, path: str, answer: Answer) -> str:
    error = read_error(answer.body)
    required = [name for start, name in _REQUIRED_PERMISSIONS.items() if path.startswith(start)]
    named = _PERMISSION.findall(answer.body.decode("utf-8", "replace")) if error.code else []
    missing = " or ".join(dict.fromkeys(required + named))
    reason = f"the OAuth client lacks {missing}" if missing else quote(error.code, error.message) or "no reason given"
    return (
        f"Genesys Cloud forbids {call}: {reason}. What it reads is missing from this run; add the permission to a "
        "role of the OAuth client (Admin > Integrations > OAuth), granted in every division that is reported on."
    )
