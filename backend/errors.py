"""Every error the service names, grouped by what its caller should do; one JSON envelope for all of them.

`message` is read by report viewers: plain words, no SQL, no secret, nothing of the inside. `debug` is for connector
administrators and for the log: it may hold SQL, never a traceback, a secret or a person's data.
"""

from typing import Any, ClassVar


class SettingsError(Exception):
    """A setting is missing or malformed: correct the environment and start again."""


class SchemaFileError(Exception):
    """A file in `schema/` is malformed: correct it at the file and line that the text names."""


class ServiceError(Exception):
    """An error with a code of the public contract and the HTTP status that carries it."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, debug: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.debug = debug

    def envelope(self, request_id: str) -> dict[str, Any]:
        """The body of the failed answer: `{"error": {code, message, debug, requestId}}`."""
        return {"error": {"code": self.code, "message": self.message, "debug": self.debug, "requestId": request_id}}


class InternalError(ServiceError):
    """Our own defect: report the request id."""


# Change the request.


class RequestError(ServiceError):
    """The request itself is wrong; repeated unchanged it fails again."""

    code, status = "invalid_request", 400


class UnknownFieldError(RequestError):
    code = "unknown_field"


class UnknownDatasetError(RequestError):
    code = "unknown_dataset"


class InvalidConfigError(RequestError):
    code = "invalid_config"


class InvalidDateRangeError(RequestError):
    code = "invalid_date_range"


class InvalidFilterError(RequestError):
    code = "invalid_filter"


class InvalidTokenError(RequestError):
    """A `pending` token that this service did not sign, or not for this request, or too long ago."""

    code = "invalid_token"


class BodyTooLargeError(RequestError):
    code, status = "body_too_large", 413


class ResultTooLargeError(RequestError):
    """More rows or bytes than one answer may hold: ask for fewer dimensions or a shorter period."""

    code, status = "result_too_large", 422


# Show who you are.


class UnauthorizedError(ServiceError):
    code, status = "unauthorized", 401


class ForbiddenError(ServiceError):
    code, status = "forbidden", 403


# Try again later, or ask the operator.


class WarehouseUnavailableError(ServiceError):
    code, status = "warehouse_unavailable", 502


class NotReadyError(ServiceError):
    """The tables do not exist yet: the first extraction has not run."""

    code, status = "not_ready", 502


class QueryTimeoutError(ServiceError):
    code, status = "query_timeout", 504


# A task failed: the operator reads the message and acts.


class TaskError(ServiceError):
    """A run could not go on; the next one starts from the last commit."""


class GenesysAuthError(TaskError):
    code = "genesys_auth"


class GenesysPermissionError(TaskError):
    code = "genesys_permission"


class GenesysRateLimitedError(TaskError):
    code = "genesys_rate_limited"


class GenesysInvalidResponseError(TaskError):
    """Genesys answered something that is not what its API promises, or kept failing."""

    code = "genesys_invalid_response"


class LeaseLostError(TaskError):
    """Another run holds the lease now; what this one staged is not committed."""

    code = "lease_lost"
