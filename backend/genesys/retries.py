"""Which failures of a request pass by themselves, how long to wait for that, and what is said when they do not."""

import random
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

import tenacity

from backend.errors import GenesysInvalidResponseError, GenesysRateLimitedError, TaskError
from backend.genesys.answers import Answer, quote, read_error

PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})

TRIES = 8
# These rarely pass by themselves, or cost much time each.
_TRIES_AFTER_500 = 5
_TRIES_AFTER_TIMEOUT = 4
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
_LONGEST_RETRY_AFTER = 120.0
_LONGEST_WAITING = 300.0


class PassingError(Exception):
    """A failure that the next try may not meet. `retry_after` is in seconds, where Genesys asks for it."""

    def __init__(
        self, reason: str, *, tries: int = TRIES, answer: Answer | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tries = tries
        self.answer = answer
        self.retry_after = retry_after

    def tries_left_by(self, tries_if_lost: int) -> int:
        """Most tries of a call that is repeated `tries_if_lost` times at most once it may have been carried out."""
        is_turned_away = self.answer is not None and self.answer.status == 429
        return self.tries if is_turned_away else min(self.tries, tries_if_lost)


def passing_status(answer: Answer, now: float) -> PassingError:
    """The failure that one of `PASSING_STATUSES` stands for."""
    tries = _TRIES_AFTER_500 if answer.status == 500 else TRIES
    retry_after = _retry_after(answer.headers.get("Retry-After", ""), now)
    return PassingError(f"status {answer.status}", tries=tries, answer=answer, retry_after=retry_after)


def timed_out() -> PassingError:
    return PassingError("no whole answer in time", tries=_TRIES_AFTER_TIMEOUT)


def _retry_after(text: str, now: float) -> float | None:
    """The header holds seconds or an HTTP date; None where it holds neither."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text.strip()):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)


def failure_of(state: tenacity.RetryCallState) -> PassingError:
    """The failure of the try that has just ended."""
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, PassingError)
    return failure


def pause(state: tenacity.RetryCallState) -> float:
    """Seconds before the next try: what Genesys asks for and a little, else doubling with jitter up to a ceiling."""
    asked = failure_of(state).retry_after
    if asked is not None:
        return asked + random.uniform(0.0, 1.0)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (state.attempt_number - 1)) * random.uniform(0.5, 1.0)


def is_over(state: tenacity.RetryCallState, time_left: float, tries_if_lost: int) -> bool:
    """Whether tries or patience are used up; `time_left` is that of the run, in seconds."""
    return state.attempt_number >= failure_of(state).tries_left_by(tries_if_lost) or not _can_wait(state, time_left)


def _can_wait(state: tenacity.RetryCallState, time_left: float) -> bool:
    asked = failure_of(state).retry_after or 0.0
    waiting = state.idle_for + state.upcoming_sleep
    return asked <= _LONGEST_RETRY_AFTER and waiting <= _LONGEST_WAITING and state.upcoming_sleep < time_left


def final_error(call: str, state: tenacity.RetryCallState, time_left: float) -> TaskError:
    """What the run ends with when the last try has failed."""
    failure = failure_of(state)
    debug = failure.answer.correlation if failure.answer else failure.reason
    status = failure.answer.status if failure.answer else None
    if status == 429 or (failure.retry_after is not None and not _can_wait(state, time_left)):
        return GenesysRateLimitedError(_limited_message(call, failure, state.attempt_number), debug=debug)
    return GenesysInvalidResponseError(
        f"Genesys Cloud kept failing on {call} ({failure.reason}; {state.attempt_number} tries). The run stopped and "
        "nothing is lost: the next one goes on from the last commit. If this stays, check the Genesys address, the "
        "network and the Genesys Cloud status page.",
        debug=debug,
    )


def _limited_message(call: str, failure: PassingError, tries: int) -> str:
    limit = read_error(failure.answer.body).limit if failure.answer else None
    name = f", limit {quote(limit.namespace, limit.key)}" if limit else ""
    asked = f" and asks to wait {failure.retry_after:.0f} s" if failure.retry_after is not None else ""
    return (
        f"Genesys Cloud refuses {call} for now ({failure.reason}{name}; tries: {tries}){asked}: more than this run can "
        "wait. The next run goes on from the last commit; if this recurs, lower GENESYS_REQUESTS_PER_MINUTE or find "
        "what else uses this OAuth client."
    )
