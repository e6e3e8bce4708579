"""The requested days as a half-open span of instants."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.errors import InvalidDateRangeError
from backend.serving.config import quoted
from backend.serving.request import DateRange

# No conversation lies beyond; a range that reaches there is a slip or an attack.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199

_CHOOSE = "Choose a date range for the chart, or add a date range control to the report."


@dataclass(frozen=True)
class Period:
    """From `start` (included) to `end` (excluded), UTC; empty where a zone skipped the day."""

    start: datetime
    end: datetime


def read_period(date_range: DateRange | None, zone: ZoneInfo) -> Period:
    """The days of `zone` from `startDate` to `endDate`, both included.

    Raises `InvalidDateRangeError` where they are missing, malformed, inverted or centuries away.
    """
    if date_range is None or not date_range.start_date or not date_range.end_date:
        raise InvalidDateRangeError(f"The chart has no date range. {_CHOOSE}")
    first, last = _day(date_range.start_date), _day(date_range.end_date)
    if first > last:
        raise InvalidDateRangeError(f"The date range ends ({last}) before it starts ({first}). {_CHOOSE}")
    if first.year < _FIRST_YEAR or last.year > _LAST_YEAR:
        raise InvalidDateRangeError(
            f"The date range ({first} to {last}) reaches beyond the years {_FIRST_YEAR} to {_LAST_YEAR}. {_CHOOSE}"
        )
    return Period(_start_of_day(first, zone), _start_of_day(last + timedelta(days=1), zone))


def _day(text: str) -> date:
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidDateRangeError(
            f"The date range holds '{quoted(text)}', which is not a date such as 2024-03-10. {_CHOOSE}"
        ) from None


def _start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day: of two midnights the earlier, and where there is none the end of the gap."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    before, after = midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)
    if before <= after:
        return before
    seconds = range(int((before - after).total_seconds()))
    gap_end = bisect_left(seconds, day, key=lambda second: (after + timedelta(seconds=second)).astimezone(zone).date())
    return after + timedelta(seconds=gap_end)
