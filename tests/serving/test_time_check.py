from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from backend.serving.time_check import known_instants


@pytest.mark.parametrize(
    ("zone", "changes"),
    [("UTC", 0), ("Asia/Kathmandu", 0), ("America/Chicago", 2), ("Europe/London", 2), ("Australia/Lord_Howe", 2)],
)
def test_every_change_of_the_clocks_is_met_on_both_sides(zone: str, changes: int) -> None:
    known = known_instants(ZoneInfo(zone))
    met = [row.instant for row in known if row.occasion == "The clocks change"]
    assert len(met) == changes
    assert len(known) == 2 + 4 * changes
    for instant in met:
        before, after = (
            moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in (instant - timedelta(seconds=1), instant)
        )
        assert before != after


def test_the_changes_of_a_known_year_are_found() -> None:
    met = [row for row in known_instants(ZoneInfo("Europe/Berlin")) if row.occasion == "The clocks change"]
    year = met[0].instant.year
    last_sundays = [
        max(day for day in range(25, 32) if datetime(year, month, day, tzinfo=UTC).isoweekday() == 7)
        for month in (3, 10)
    ]
    assert [row.instant for row in met] == [
        datetime(year, month, day, 1, tzinfo=UTC) for month, day in zip((3, 10), last_sundays, strict=True)
    ]
    assert [(row.local[11:], row.offset) for row in met] == [("03:00:00", "+02:00"), ("02:00:00", "+01:00")]


def test_every_zone_has_instants_in_order() -> None:
    for name in sorted(available_timezones())[::40]:
        instants = [row.instant for row in known_instants(ZoneInfo(name))]
        assert instants == sorted(instants)
