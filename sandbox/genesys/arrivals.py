"""When conversations begin: a steady stream whose volume follows the weekday and the hour (UTC)."""

from bisect import bisect_right
from itertools import accumulate
from operator import itemgetter
from random import Random

from .instants import DAY, HOUR

_WEEK = 7 * DAY
# 1970-01-01 was a Thursday; weeks are counted from the Monday before.
_MONDAY = -3 * DAY
_WEEKDAYS = (1.25, 1.15, 1.1, 1.05, 1.0, 0.45, 0.3)
_HOURS = (2, 1, 1, 1, 1, 2, 5, 12, 24, 34, 38, 36, 32, 33, 36, 35, 31, 26, 19, 14, 10, 7, 5, 3)

_SHARES = [weekday * hour for weekday in _WEEKDAYS for hour in _HOURS]
_TOTAL = sum(_SHARES)
# _REACHED[h] is the part of a week's volume that came in before its hour h.
_REACHED = [0.0, *accumulate(share / _TOTAL for share in _SHARES)]


def volume_before(moment: int) -> float:
    """Weeks' worth of volume between the Monday before 1970 and `moment`."""
    weeks, into = divmod(moment - _MONDAY, _WEEK)
    hour, rest = divmod(into, HOUR)
    return weeks + _REACHED[hour] + (_REACHED[hour + 1] - _REACHED[hour]) * rest / HOUR


def moment_of(volume: float) -> int:
    """The inverse of `volume_before`."""
    weeks, part = divmod(volume, 1.0)
    hour = min(bisect_right(_REACHED, part) - 1, len(_SHARES) - 1)
    within = (part - _REACHED[hour]) / (_REACHED[hour + 1] - _REACHED[hour])
    return _MONDAY + int(weeks) * _WEEK + hour * HOUR + int(within * HOUR)


_BACKLOG_DAYS = 59
_BACKLOG_SHARE = 200


class Arrivals:
    """Start times of conversations 0, 1, 2, ...; exactly `conversations` of them lie in `[origin, first_start)`.

    Number n falls somewhere in the n-th equal share of the volume since the origin, so starts rise with the number.
    Negative numbers are the backlog: a few conversations of the 59 days before the origin whose leg stays open.
    """

    def __init__(self, seed: int, origin: int, first_start: int, conversations: int) -> None:
        self._seed = seed
        self._backlog = {
            number: origin - Random(f"{seed}/backlog/{number}").randrange(1, _BACKLOG_DAYS * DAY)
            for number in range(-(conversations // _BACKLOG_SHARE), 0)
        }
        self.earliest = min([origin, *self._backlog.values()])
        self._base = volume_before(origin)
        self._share = (volume_before(first_start) - self._base) / conversations

    def start(self, number: int) -> int | None:
        """The moment at which a conversation begins; None where there is no such number."""
        if number < 0:
            return self._backlog.get(number)
        return self._start(number)

    def on(self, day: int) -> list[tuple[int, int]]:
        """`(number, start)` of each conversation that begins on a UTC day, in order."""
        first, last = (int((volume_before(edge) - self._base) / self._share) for edge in (day * DAY, (day + 1) * DAY))
        regular = [(number, self._start(number)) for number in range(max(first - 1, 0), max(last + 2, 0))]
        starts = sorted([*self._backlog.items(), *regular], key=itemgetter(1))
        return [(number, start) for number, start in starts if start // DAY == day]

    def _start(self, number: int) -> int:
        jitter = Random(f"{self._seed}/arrival/{number}").random()
        return moment_of(self._base + (number + jitter) * self._share)
