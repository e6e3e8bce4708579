"""The rows of `time_check`: instants around each change of a zone's clocks, with the local time each must show.

The expectation comes from Python's tz database, the served local times from the warehouse's: where the two differ, the
report builder sees it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import metadata
from typing import NamedTuple
from zoneinfo import ZoneInfo

from backend.serving.parameters import Parameters

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)


class Known(NamedTuple):
    """An instant (aware UTC), what it is known for, and its local time and offset."""

    instant: datetime
    occasion: str
    local: str
    offset: str


@lru_cache(maxsize=64)
def known_instants(zone: ZoneInfo) -> tuple[Known, ...]:
    """Both ends of the tz database's year, and the hour before to the hour after every change of the clocks in it."""
    year = _database_year()
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    occasions = [(start, "The year begins (UTC)")]
    for change in _changes(zone, start, end):
        occasions += [
            (change - _HOUR, "One hour before the clocks change"),
            (change - _SECOND, "One second before the clocks change"),
            (change, "The clocks change"),
            (change + _HOUR, "One hour after the clocks change"),
        ]
    occasions.append((end - _SECOND, "The year ends (UTC)"))
    return tuple(_known(instant, occasion, zone) for instant, occasion in occasions)


def rows_sql(zone: ZoneInfo, parameters: Parameters) -> str:
    """The rows as a subquery, with the columns that the dataset declares."""
    known = known_instants(zone)
    instants = parameters.add(tuple(row.instant for row in known))
    occasions, locals_, offsets = (
        f"{parameters.add(texts)}[OFFSET(position)]"
        for texts in (
            tuple(row.occasion for row in known),
            tuple(row.local for row in known),
            tuple(row.offset for row in known),
        )
    )
    name = parameters.add(zone.key)
    return f"""(
  SELECT instant AS created_date, {occasions} AS occasion, {locals_} AS expected_local, {offsets} AS expected_offset,
    FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', instant, {name}) = {locals_}
      AND FORMAT_TIMESTAMP('%Ez', instant, {name}) = {offsets} AS is_right
  FROM UNNEST({instants}) AS instant WITH OFFSET AS position
)"""


@cache
def _database_year() -> int:
    """The year of the tz database's release, such as 2026 for 2026.2."""
    return int(metadata.version("tzdata").split(".")[0])


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The first instant of each new offset."""
    before, after = start, start + _HOUR
    while after <= end:
        if _offset(before, zone) != _offset(after, zone):
            yield _first_with(_offset(after, zone), before, after, zone)
        before, after = after, after + _HOUR


def _first_with(offset: timedelta, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        before, after = (before, middle) if _offset(middle, zone) == offset else (middle, after)
    return after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _known(instant: datetime, occasion: str, zone: ZoneInfo) -> Known:
    local = instant.astimezone(zone)
    return Known(instant, occasion, f"{local:%Y-%m-%d %H:%M:%S}", f"{local:%:z}")
