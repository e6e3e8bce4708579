from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InvalidDateRangeError
from backend.serving.period import Period, read_period
from backend.serving.request import DateRange


def period(start: str, end: str, zone: str) -> Period:
    return read_period(DateRange(start, end), ZoneInfo(zone))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "start", "end", "begins", "ends"),
    [
        pytest.param("UTC", "2024-03-10", "2024-03-10", "2024-03-10T00:00Z", "2024-03-11T00:00Z", id="one UTC day"),
        pytest.param("UTC", "2024-02-28", "2024-03-01", "2024-02-28T00:00Z", "2024-03-02T00:00Z", id="leap day inside"),
        pytest.param(
            "Asia/Kathmandu", "2024-03-10", "2024-03-10", "2024-03-09T18:15Z", "2024-03-10T18:15Z", id="+05:45"
        ),
        pytest.param(
            "America/Chicago", "2024-03-10", "2024-03-10", "2024-03-10T06:00Z", "2024-03-11T05:00Z", id="23 hours"
        ),
        pytest.param(
            "America/Chicago", "2024-11-03", "2024-11-03", "2024-11-03T05:00Z", "2024-11-04T06:00Z", id="25 hours"
        ),
        pytest.param(
            "Africa/Cairo", "2024-04-26", "2024-04-26", "2024-04-25T22:00Z", "2024-04-26T21:00Z", id="midnight skipped"
        ),
        pytest.param(
            "America/Havana", "2024-11-03", "2024-11-03", "2024-11-03T04:00Z", "2024-11-04T05:00Z", id="two midnights"
        ),
        pytest.param(
            "America/Toronto",
            "1919-03-31",
            "1919-03-31",
            "1919-03-31T04:30Z",
            "1919-04-01T04:00Z",
            id="gap across midnight",
        ),
        pytest.param(
            "Pacific/Apia",
            "2011-12-29",
            "2011-12-31",
            "2011-12-29T10:00Z",
            "2011-12-31T10:00Z",
            id="around a skipped day",
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00Z", "2011-12-30T10:00Z", id="a skipped day"
        ),
        pytest.param(
            "UTC", "1900-01-01", "2199-12-31", "1900-01-01T00:00Z", "2200-01-01T00:00Z", id="the widest range"
        ),
    ],
)
def test_days_of_a_zone(zone: str, start: str, end: str, begins: str, ends: str) -> None:
    found = period(start, end, zone)
    assert (found.start, found.end) == (instant(begins), instant(ends))


@pytest.mark.parametrize(
    ("date_range", "said"),
    [
        pytest.param(None, "no date range", id="none"),
        pytest.param(DateRange(), "no date range", id="empty"),
        pytest.param(DateRange("2024-03-10"), "no date range", id="no end"),
        pytest.param(DateRange("", "2024-03-10"), "no date range", id="empty start"),
        pytest.param(
            DateRange("2024-03-11", "2024-03-10"), "ends (2024-03-10) before it starts (2024-03-11)", id="inverted"
        ),
        pytest.param(DateRange("2024-02-30", "2024-03-10"), "'2024-02-30'", id="no such day"),
        pytest.param(DateRange("20240310", "2024-03-10"), "'20240310'", id="compact"),
        pytest.param(DateRange("2024-3-10", "2024-03-10"), "'2024-3-10'", id="one digit"),
        pytest.param(DateRange("2024-03-10T00:00", "2024-03-10"), "'2024-03-10T00:00'", id="with a time"),
        pytest.param(DateRange("\u0662\u0660\u0662\u0664-03-10", "2024-03-10"), "not a date", id="other digits"),
        pytest.param(DateRange("2024-W10-1", "2024-03-10"), "'2024-W10-1'", id="week date"),
        pytest.param(DateRange("0000-01-01", "2024-03-10"), "'0000-01-01'", id="year 0"),
        pytest.param(DateRange("10000-01-01", "2024-03-10"), "'10000-01-01'", id="five digits"),
        pytest.param(DateRange("0001-01-01", "9999-12-31"), "beyond the years 1900 to 2199", id="all of the calendar"),
        pytest.param(DateRange("1899-12-31", "2024-03-10"), "(1899-12-31 to 2024-03-10)", id="before any record"),
        pytest.param(DateRange("2024-03-10", "2200-01-01"), "(2024-03-10 to 2200-01-01)", id="after any record"),
        pytest.param(DateRange("yesterday\n", "2024-03-10"), "'yesterday '", id="word"),
    ],
)
def test_what_is_no_period_is_refused_in_plain_words(date_range: DateRange | None, said: str) -> None:
    with pytest.raises(InvalidDateRangeError) as refused:
        read_period(date_range, ZoneInfo("UTC"))
    assert said in refused.value.message
    assert "Choose a date range" in refused.value.message


CALENDAR = st.dates(date(1900, 1, 1), date(2199, 12, 31))
DAYS = st.dates(date(1971, 1, 1), date(2037, 12, 30))
ZONES = st.sampled_from(
    ["UTC", "America/Chicago", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "Asia/Beirut"]
)


@given(day=DAYS, zone=ZONES)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    next_day = day + timedelta(days=1)
    assert period(str(day), str(day), zone).end == period(str(next_day), str(next_day), zone).start


@given(moment=st.datetimes(datetime(1971, 1, 2), datetime(2037, 12, 30), timezones=st.just(UTC)), zone=ZONES)
def test_an_instant_lies_in_its_local_day(moment: datetime, zone: str) -> None:
    day = str(moment.astimezone(ZoneInfo(zone)).date())
    found = period(day, day, zone)
    assert found.start <= moment < found.end


@given(start=CALENDAR, end=CALENDAR, zone=ZONES)
def test_no_pair_of_dates_overflows(start: date, end: date, zone: str) -> None:
    first, last = min(start, end), max(start, end)
    found = period(first.isoformat(), last.isoformat(), zone)
    assert found.start <= found.end
    assert found.start.tzinfo == found.end.tzinfo == UTC
