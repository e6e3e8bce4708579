"""Windows: a table for what a run reads, properties for how it is cut."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import TaskError
from backend.extraction.plan import (
    SMALLEST_WINDOW,
    Window,
    day_windows,
    first_start,
    is_due,
    must_split,
    span_to_read,
    span_to_settle,
    split_threshold,
    to_read_again,
)

DAY = timedelta(days=1)
NOW = datetime(2024, 3, 10, 12, 30, 15, 123_456, tzinfo=UTC)
HISTORY = datetime(2024, 3, 3, tzinfo=UTC)
END = datetime(2024, 3, 10, 12, 29, 15, 123_000, tzinfo=UTC)
LOOKBACK, DELAY = timedelta(hours=3), timedelta(minutes=1)

moments = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(milliseconds=2), timedelta(days=40))
windows = st.builds(lambda start, length: Window(start, start + length), moments, lengths)


@pytest.mark.parametrize(
    ("watermark", "resume_from", "expected"),
    [
        pytest.param(None, None, Window(HISTORY, END), id="first run"),
        pytest.param(END - DAY, None, Window(END - DAY - LOOKBACK, END), id="look-back"),
        pytest.param(HISTORY + timedelta(hours=1), None, Window(HISTORY, END), id="not before history"),
        pytest.param(END, None, Window(END - LOOKBACK, END), id="nothing new but the look-back"),
        pytest.param(NOW, None, Window(NOW - LOOKBACK, END), id="watermark inside the delay"),
        pytest.param(END, END - DAY, Window(END - DAY, END), id="goes on where it ran out of time"),
        pytest.param(END, END - timedelta(hours=1), Window(END - timedelta(hours=1), END), id="within the look-back"),
    ],
)
def test_what_a_run_reads(watermark: datetime | None, resume_from: datetime | None, expected: Window) -> None:
    assert span_to_read(watermark, resume_from, HISTORY, NOW, lookback=LOOKBACK, delay=DELAY) == expected


@pytest.mark.parametrize(
    ("watermark", "history", "lookback"),
    [
        pytest.param(None, NOW + DAY, LOOKBACK, id="history begins tomorrow"),
        pytest.param(None, END, LOOKBACK, id="history begins at the end"),
        pytest.param(END, HISTORY, timedelta(0), id="no look-back and nothing new"),
    ],
)
def test_nothing_is_due(watermark: datetime | None, history: datetime, lookback: timedelta) -> None:
    assert span_to_read(watermark, None, history, NOW, lookback=lookback, delay=DELAY) is None


def test_a_watermark_of_the_future_is_refused() -> None:
    with pytest.raises(TaskError, match=r"2024-03-11T12:30:15.* lies in the future"):
        span_to_read(NOW + DAY, None, HISTORY, NOW, lookback=LOOKBACK, delay=DELAY)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [(None, datetime(2024, 3, 3, tzinfo=UTC)), (date(2023, 12, 31), datetime(2023, 12, 31, tzinfo=UTC))],
    ids=["a week ago", "as set"],
)
def test_where_history_begins(configured: date | None, expected: datetime) -> None:
    assert first_start(configured, NOW) == expected


@given(span=windows)
def test_day_windows_are_the_span_cut_at_midnights(span: Window) -> None:
    cut = list(day_windows(span))
    assert (cut[0].start, cut[-1].end) == span
    assert all(before.end == after.start for before, after in pairwise(cut))
    for window in cut:
        assert timedelta(0) < window.end - window.start <= DAY
        assert (window.end - timedelta(microseconds=1)).date() == window.start.date()


@given(window=windows)
def test_halves_cover_their_window(window: Window) -> None:
    first, second = window.halves()
    assert (first.start, second.end) == window
    assert first.end == second.start
    assert first.end.microsecond % 1000 == 0
    assert abs((first.end - first.start) - (second.end - second.start)) <= timedelta(milliseconds=2)


@given(window=windows, hits=st.integers(0, 10**7), threshold=st.integers(100, 10_000))
def test_splitting_comes_to_an_end(window: Window, hits: int, threshold: int) -> None:
    if must_split(window, hits, threshold):
        assert hits > threshold
        for half in window.halves():
            assert half.end - half.start >= SMALLEST_WINDOW - timedelta(milliseconds=1)


@given(requests=st.integers(1, 100_000), deadline=st.integers(10, 86_400))
def test_the_threshold_is_bounded(requests: int, deadline: int) -> None:
    assert 100 <= split_threshold(requests, deadline) <= 5_000


@pytest.mark.parametrize(
    ("requests", "deadline", "hits"), [(240, 540, 5_000), (60, 60, 1_500), (1, 10, 100), (100_000, 86_400, 5_000)]
)
def test_a_quarter_of_the_run_reads_a_window(requests: int, deadline: int, hits: int) -> None:
    assert split_threshold(requests, deadline) == hits


MIDNIGHT = datetime(2024, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settled_through", "history", "start"),
    [
        pytest.param(END - DAY, HISTORY, MIDNIGHT - 4 * DAY, id="the last four days again"),
        pytest.param(END, HISTORY, MIDNIGHT - 4 * DAY, id="even where all is settled"),
        pytest.param(END - 9 * DAY, HISTORY, MIDNIGHT - 9 * DAY, id="and what nights were missed"),
        pytest.param(END - 90 * DAY, HISTORY, MIDNIGHT - 31 * DAY, id="as far as a job may go"),
        pytest.param(None, HISTORY, HISTORY, id="never before: all history"),
        pytest.param(None, END - DAY, MIDNIGHT - 4 * DAY, id="a short history: what was alive in these days"),
        pytest.param(None, None, MIDNIGHT - 4 * DAY, id="without a history"),
    ],
)
def test_what_is_settled(settled_through: datetime | None, history: datetime | None, start: datetime) -> None:
    assert span_to_settle(END, settled_through, history) == Window(start, END)


def test_a_settled_span_ends_at_a_whole_millisecond() -> None:
    found = span_to_settle(NOW, None, HISTORY)
    assert found is not None
    assert found.end == NOW.replace(microsecond=123_000)


def runs(age: timedelta, *, stagger: int, hours: int = 48) -> list[datetime]:
    """When a conversation of that age (at the first run) is read again, by a run every quarter of an hour."""
    quarter = timedelta(minutes=15)
    moments = [NOW + i * quarter for i in range(hours * 4)]
    opened = NOW - age
    return [now for now in moments if is_due(opened, now - quarter, now, stagger=stagger)]


@pytest.mark.parametrize(
    ("age", "hours", "reads"),
    [
        pytest.param(timedelta(0), 24, 96, id="in every run of its first day"),
        pytest.param(DAY, 24, 24, id="every hour of the next two"),
        pytest.param(3 * DAY, 24, 6, id="then every four hours"),
        pytest.param(50 * DAY, 240, 60, id="for as long as it is open"),
    ],
)
@pytest.mark.parametrize("stagger", [0, 1, 12_345, 2**32 - 1])
def test_an_open_conversation_is_read_less_and_less_often(age: timedelta, hours: int, reads: int, stagger: int) -> None:
    assert abs(len(runs(age, stagger=stagger, hours=hours)) - reads) <= 1


def test_conversations_of_one_age_are_spread_over_the_runs() -> None:
    first = {runs(4 * DAY, stagger=stagger, hours=4)[0] for stagger in range(0, 14_400, 900)}
    assert len(first) == 16


def test_the_first_run_reads_every_open_conversation() -> None:
    assert is_due(NOW - 50 * DAY, None, NOW, stagger=7)


def test_the_last_request_takes_along_what_is_not_due() -> None:
    young = {f"young-{n}": NOW - timedelta(hours=n + 1) for n in range(3)}
    old = {f"old-{n}": NOW - 20 * DAY for n in range(40)}
    quarter = timedelta(minutes=15)
    due = {name for name, began in old.items() if is_due(began, NOW - quarter, NOW, stagger=crc32(name.encode()))}
    found = to_read_again(young | old, NOW - quarter, NOW, a_request=25)
    assert len(found) == len(set(found)) == 25
    assert {*young, *due} <= set(found)
    assert to_read_again(dict.fromkeys(old.keys() - due, NOW - 20 * DAY), NOW - quarter, NOW, a_request=25) == []
