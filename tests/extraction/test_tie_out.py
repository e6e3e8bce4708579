"""Our queue counts beside Genesys's own, number by number."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.extraction.tie_out import compare
from backend.genesys.aggregates import QUEUE_METRICS, QueueTotal
from backend.warehouse.comparison import OurTotal
from backend.warehouse.queue_counts import FIGURES

DAY = datetime(2024, 3, 10, tzinfo=UTC)
EIGHT = DAY + timedelta(hours=8)
NOW = DAY + timedelta(days=2)


def theirs(metric: str, count: int, total: int | None = None, queue: str | None = "q") -> QueueTotal:
    return QueueTotal(EIGHT, queue, "voice", metric, count, total)


def ours(queue: str | None = "q", **figures: int) -> OurTotal:
    return OurTotal(EIGHT, queue, "voice", dict.fromkeys(FIGURES, 0) | figures)


def test_equal_numbers_are_no_difference_and_still_summed_up() -> None:
    found = compare(
        DAY,
        [theirs("nOffered", 3), theirs("tAnswered", 2, 9_000)],
        [ours(offered=3, answered=2, answer_time=9_000)],
        NOW,
    )
    assert found.differences == []
    told = {summary.metric: (summary.genesys, summary.ours, summary.different) for summary in found.summaries}
    assert told.keys() == set(QUEUE_METRICS)
    assert (told["nOffered"], told["tAnswered"], told["tAcw"]) == ((3, 3, 0), (2, 2, 0), (0, 0, 0))


@pytest.mark.parametrize(
    ("genesys", "stored", "differences"),
    [
        pytest.param([theirs("nOffered", 3)], [ours(offered=2)], [("nOffered", "count", 3, 2)], id="one is missing"),
        pytest.param([], [ours(offered=2)], [("nOffered", "count", 0, 2)], id="only ours"),
        pytest.param([theirs("nOffered", 3)], [], [("nOffered", "count", 3, 0)], id="only theirs"),
        pytest.param(
            [theirs("tAnswered", 2, 9_000)],
            [ours(answered=2, answer_time=8_999)],
            [("tAnswered", "sum", 9_000, 8_999)],
            id="a millisecond",
        ),
        pytest.param(
            [theirs("nOffered", 3, queue=None)],
            [ours(offered=3)],
            [("nOffered", "count", 3, 0), ("nOffered", "count", 0, 3)],
            id="another place",
        ),
        pytest.param([theirs("nOffered", 0)], [ours()], [], id="nothing on both sides"),
        pytest.param([theirs("nOffered", 1), theirs("nOffered", 2)], [ours(offered=3)], [], id="told in two groups"),
    ],
)
def test_each_number_that_differs_is_named_with_its_place(
    genesys: list[QueueTotal], stored: list[OurTotal], differences: list[tuple[object, ...]]
) -> None:
    found = compare(DAY, genesys, stored, NOW)
    assert [(d.metric, d.figure, d.genesys, d.ours) for d in found.differences] == differences
    assert {d.interval_start for d in found.differences} <= {EIGHT}
    assert sum(summary.different for summary in found.summaries) == len(differences)
