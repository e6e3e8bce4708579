"""When the next request may start: evenly paced under a ceiling, slower where Genesys says its allowance runs out.

The pace is a generic cell rate algorithm (GCRA): one instant tells all of the past, and can be handed to the next
run.
"""

import re
from collections.abc import Callable, Mapping

_WINDOW = 60.0
# Genesys counts arrivals by its own clock, so a window is kept a little longer than it counts.
_CLOCK_SLACK = 1.0
_LARGEST_BURST = 5
# Longer is no pace: the clock was set back, or the position handed over is broken.
_LONGEST_PAUSE = 120.0
# Below this share of its allowance the rest is spread evenly until the allowance is renewed.
_NEARLY_USED = 0.1


class Pacer:
    """Lets at most `per_minute` requests start in any 60 seconds. Times are Unix seconds of `clock`.

    `ready_at` is the position an earlier pacer ended at; with it the ceiling holds across both.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float], ready_at: float = 0.0) -> None:
        burst = max(1, min(_LARGEST_BURST, per_minute // 10))
        # A burst of B, then one request an interval T: at most B - 1 + W / T start in a window of W.
        self._interval = (_WINDOW + _CLOCK_SLACK) / (per_minute - burst + 1)
        self._credit = (burst - 1) * self._interval
        self._clock = clock
        self._ready_at = min(ready_at, clock() + self._credit + _LONGEST_PAUSE)

    @property
    def ready_at(self) -> float:
        """The position to hand to the next run: an absolute Unix time."""
        return self._ready_at

    def delay(self) -> float:
        """Seconds until the next request may start, 0 when it may start now."""
        return min(max(0.0, self._ready_at - self._credit - self._clock()), _LONGEST_PAUSE)

    def start(self) -> None:
        """Counts a request that starts now, after its delay."""
        now = self._clock()
        longest = now + self._credit + _LONGEST_PAUSE
        self._ready_at = max(now, min(self._ready_at, longest)) + self._interval

    def hold(self, seconds: float) -> None:
        """Lets nothing start for `seconds` (at most two minutes)."""
        self._ready_at = max(self._ready_at, self._clock() + min(seconds, _LONGEST_PAUSE) + self._credit)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Slows down where an answer's `inin-ratelimit-*` headers show an allowance that is nearly used."""
        count = _whole(headers.get("inin-ratelimit-count"))
        allowed = _whole(headers.get("inin-ratelimit-allowed"))
        reset = _whole(headers.get("inin-ratelimit-reset"))
        if count is None or not allowed or reset is None:
            return
        remaining = allowed - count
        if remaining < allowed * _NEARLY_USED:
            self.hold(max(reset, 1) / max(remaining, 1))


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text.strip()) else None
