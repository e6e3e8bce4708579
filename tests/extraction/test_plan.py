"""Windows: a table for what a run reads, properties for how it is cut."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import TaskError
from backend.extraction.plan import (
    SMALLEST_WINDOW,
    Window,
    day_windows,
    first_start,
    must_split,
    partition_ranges,
    span_to_read,
    split_threshold,
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
    ("watermark", "expected"),
    [
        pytest.param(None, Window(HISTORY, END), id="first run"),
        pytest.param(END - DAY, Window(END - DAY - LOOKBACK, END), id="look-back"),
        pytest.param(HISTORY + timedelta(hours=1), Window(HISTORY, END), id="not before history"),
        pytest.param(END, Window(END - LOOKBACK, END), id="nothing new but the look-back"),
        pytest.param(NOW, Window(NOW - LOOKBACK, END), id="watermark inside the delay"),
    ],
)
def test_what_a_run_reads(watermark: datetime | None, expected: Window) -> None:
    assert span_to_read(watermark, HISTORY, NOW, lookback=LOOKBACK, delay=DELAY) == expected


@pytest.mark.parametrize(
    ("watermark", "history", "lookback"),
    [
        pytest.param(None, NOW + DAY, LOOKBACK, id="history begins tomorrow"),
        pytest.param(None, END, LOOKBACK, id="history begins at the end"),
        pytest.param(END, HISTORY, timedelta(0), id="no look-back and nothing new"),
    ],
)
def test_nothing_is_due(watermark: datetime | None, history: datetime, lookback: timedelta) -> None:
    assert span_to_read(watermark, history, NOW, lookback=lookback, delay=DELAY) is None


def test_a_watermark_of_the_future_is_refused() -> None:
    with pytest.raises(TaskError, match=r"2024-03-11T12:30:15.* lies in the future"):
        span_to_read(NOW + DAY, HISTORY, NOW, lookback=LOOKBACK, delay=DELAY)


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
    assert 100 <= split_threshold(requests, deadline) <= 10_000


@pytest.mark.parametrize(
    ("requests", "deadline", "hits"), [(240, 540, 10_000), (60, 60, 1_500), (1, 10, 100), (100_000, 86_400, 10_000)]
)
def test_a_quarter_of_the_run_reads_a_window(requests: int, deadline: int, hits: int) -> None:
    assert split_threshold(requests, deadline) == hits


@given(days=st.sets(st.dates(date(2024, 1, 1), date(2024, 3, 1)), max_size=40))
def test_ranges_cover_exactly_the_days_and_none_could_be_joined(days: set[date]) -> None:
    ranges = partition_ranges(days)
    covered = [(span.start + i * DAY).date() for span in ranges for i in range(round((span.end - span.start) / DAY))]
    assert covered == sorted(days)
    assert all(before.end < after.start for before, after in pairwise(ranges))
    assert all(span.start.time() == span.end.time() == datetime.min.time() for span in ranges)
