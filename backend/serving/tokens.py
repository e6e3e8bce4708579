"""Tokens of unfinished answers: signed, so that any instance can go on from one and nobody can make one up."""

from datetime import datetime
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer

from backend.errors import InvalidTokenError
from backend.serving.freshness import Freshness
from backend.serving.results import Job

# Longer than a query may take and a script may wait.
_LIFETIME_SECONDS = 900


class Pending(NamedTuple):
    """A query job, the request's digest, the state of the data when it began, and when (seconds since 1970)."""

    job: Job
    digest: str
    freshness: Freshness
    began: float


class Tokens:
    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="pending answer")

    def write(self, pending: Pending) -> str:
        version, settled = pending.freshness
        known = [version, settled and settled.isoformat()]
        return self._serializer.dumps([*pending.job, pending.digest, *known, pending.began])

    def read(self, token: str, digest: str) -> Pending:
        """Raises `InvalidTokenError` unless the token is ours, recent, and of the request with that digest."""
        try:
            content = self._serializer.loads(token, _LIFETIME_SECONDS)
        except BadSignature as error:
            raise _invalid(type(error).__name__) from None
        job_id, location, signed_digest, version, settled, began = content
        if signed_digest != digest:
            raise _invalid("the token is of another request")
        freshness = Freshness(version, settled and datetime.fromisoformat(settled))
        return Pending(Job(job_id, location), digest, freshness, began)


def _invalid(reason: str) -> InvalidTokenError:
    return InvalidTokenError(
        "The chart's computing can no longer be followed. Refresh the report to begin anew.", debug=f"pending: {reason}"
    )
