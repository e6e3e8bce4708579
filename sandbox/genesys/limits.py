"""The request limit: so many a minute and token, counted in windows that begin with a token's first request."""

from dataclasses import dataclass
from threading import Lock

from .errors import ApiError
from .instants import MINUTE, SECOND, Clock


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a token stands: requests made and allowed in this window, and the seconds until the next one."""

    count: int
    allowed: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset),
        }

    def check(self) -> None:
        """Raise the platform's 429 where the limit is passed."""
        if self.count > self.allowed:
            raise too_many_requests(self.reset)


class RateLimit:
    """Counts requests by token."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._windows: dict[str, tuple[int, int]] = {}
        self._lock = Lock()

    def take(self, token: str) -> Allowance:
        """Count one request of a token."""
        now = self._clock()
        with self._lock:
            began, count = self._windows.get(token, (now, 0))
            if now - began >= MINUTE:
                began, count = now, 0
            self._windows[token] = (began, count + 1)
        left = began + MINUTE - now
        return Allowance(count + 1, self.per_minute, max(1, -(-left // SECOND)))


def too_many_requests(seconds: int) -> ApiError:
    """The answer to one request too many, with the seconds to wait."""
    return ApiError(
        429,
        f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
        "too.many.requests.retry.after",
        retry_after=seconds,
    )
