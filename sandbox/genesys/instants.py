"""Moments as integer milliseconds since 1970-01-01T00:00:00Z, and how they are written on the wire."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HALF_HOUR = 30 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Clock = Callable[[], int]


def system_clock() -> int:
    """The present moment of this machine."""
    return time.time_ns() // 1_000_000


@lru_cache(maxsize=1024)
def iso(moment: int) -> str:
    """RFC 3339 in UTC with milliseconds: `2024-05-15T14:30:00.000Z`."""
    # Remembered, for a record names each moment several times.
    day, rest = divmod(moment, DAY)
    seconds, milliseconds = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")


def parse(text: str) -> int:
    """Read an ISO 8601 moment that names its zone; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; write it in UTC with a Z at the end")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open span `[start, end)` in milliseconds."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """Read `START/END`; raises ValueError where a part is malformed or the end is not after the start."""
        start, slash, end = text.partition("/")
        if not slash:
            raise ValueError(f"{text!r} is not of the form START/END")
        interval = cls(parse(start), parse(end))
        if interval.end <= interval.start:
            raise ValueError(f"{text!r} ends before it starts, or is empty")
        return interval

    @property
    def length(self) -> int:
        return self.end - self.start

    def days(self) -> range:
        """Numbers of the UTC days touched, counted from 1970-01-01."""
        return range(self.start // DAY, (self.end - 1) // DAY + 1)

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"
