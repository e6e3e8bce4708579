"""Why a day's numbers moved, and how late corrections came."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse
from backend.warehouse.ledger import Ages, Revision, correction_ages, revisions_of
from tests.warehouse.history import DAY, History

A_DAY = timedelta(days=1)


def of_the_day(warehouse: Warehouse, dataset: Dataset, queue: str | None = None) -> dict[str, Revision]:
    found = revisions_of(warehouse, dataset, DAY, DAY + A_DAY, queue)
    assert [r.learnt_at for r in found] == sorted(r.learnt_at for r in found)
    assert len({revision.id for revision in found}) == len(found)
    return {revision.id: revision for revision in found}


def test_what_was_learnt_of_each_conversation_and_why(warehouse: Warehouse, dataset: Dataset, history: History) -> None:
    found = of_the_day(warehouse, dataset)
    assert {name: revision.reason for name, revision in found.items()} == {
        "revalued": "rebuilt",
        "moved": "rebuilt",
        "emptied": "rebuilt",
        "unqueued": "rebuilt",
        "tampered": "rebuilt",
        "requeued": "updated",
        "ends": "progressed",
        "late": "arrived_late",
        "gone": "deleted",
        "open, gone": "deleted",
    }
    assert {revision.run_id for revision in found.values()} == {history.run_id}


def test_changes_give_old_and_new_by_column(warehouse: Warehouse, dataset: Dataset, history: History) -> None:
    found = of_the_day(warehouse, dataset)
    nine = DAY + timedelta(hours=8, minutes=30)
    assert found["requeued"].changes == {
        "updated_date": (nine, nine + timedelta(minutes=1)),
        "ended_date": (nine, nine + timedelta(minutes=1)),
        "queue_id": ("h1", "h2"),
        "queue_name": ("Billing", "Support"),
        "first_queue_name": ("Billing", "Support"),
    }
    assert found["unqueued"].changes == {"talk_time": (Decimal(3), Decimal(4))}
    assert found["ends"].changes["outcome"] == ("open", "non_acd")


@pytest.mark.parametrize("name", ["late", "gone", "moved"])
def test_where_no_column_changed_there_is_nothing_to_tell(
    warehouse: Warehouse, dataset: Dataset, history: History, name: str
) -> None:
    assert of_the_day(warehouse, dataset)[name].changes == {}


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        pytest.param("Support", {"requeued", "late"}, id="the queue it came to"),
        pytest.param("Billing", {"requeued", "gone"}, id="a queue it left"),
        pytest.param("h5", {"gone"}, id="the queue of one that is gone"),
        pytest.param("Sales", set(), id="a queue without revisions"),
    ],
)
def test_of_one_queue(warehouse: Warehouse, dataset: Dataset, history: History, queue: str, expected: set[str]) -> None:
    assert set(of_the_day(warehouse, dataset, queue)) == expected


def test_a_conversation_revised_twice_is_told_step_by_step(warehouse: Warehouse, dataset: Dataset) -> None:
    day = datetime(2023, 5, 1, tzinfo=UTC)
    entries = [("updated", "x", 1), ("deleted", "y", 2), ("reappeared", "y", 3)]
    values = ", ".join(
        f"(TIMESTAMP '2023-06-0{n} 00:00:00+00', 'run-{n}', '{reason}', 60, 'thrice', "
        f"TIMESTAMP '2023-05-01 01:00:00+00', '{direction}')"
        for reason, direction, n in entries
    )
    columns = "learnt_at, run_id, reason, age_seconds, id, created_date, direction"
    warehouse.run(f"INSERT INTO {warehouse.table('extraction_revisions')} ({columns}) VALUES {values}")
    found = revisions_of(warehouse, dataset, day, day + A_DAY, None)
    assert [(r.run_id, r.reason, r.changes) for r in found] == [
        ("run-1", "updated", {"direction": ("x", "y")}),
        ("run-2", "deleted", {}),
        ("run-3", "reappeared", {"direction": ("y", None)}),
    ]


def test_ages_count_corrections_and_not_the_course_of_things(warehouse: Warehouse) -> None:
    entries = [
        *(("updated", 59), ("rebuilt", 60), ("arrived_late", 119), ("reappeared", 7_200), ("deleted", 600_000)),
        ("progressed", 240),
    ]
    values = ", ".join(f"('{reason}', {age}, TIMESTAMP '2031-01-02 00:00:00+00')" for reason, age in entries)
    warehouse.run(
        f"INSERT INTO {warehouse.table('extraction_revisions')} (reason, age_seconds, created_date) VALUES {values}"
    )
    found = correction_ages(warehouse, datetime(2031, 1, 1, tzinfo=UTC))
    assert sorted(found.minutes) == [(0, 1), (1, 2), (120, 1), (10_000, 1)]
    assert correction_ages(warehouse, datetime(2031, 1, 3, tzinfo=UTC)) == Ages([])


@pytest.mark.parametrize(
    ("minutes", "share", "expected"),
    [
        pytest.param([], 0.5, None, id="none"),
        pytest.param([(7, 1)], 0.5, 7, id="one"),
        pytest.param([(30, 5), (10, 95)], 0.95, 10, id="exactly the share"),
        pytest.param([(30, 6), (10, 94)], 0.95, 30, id="just short of it"),
        pytest.param([(30, 1), (10, 99)], 1.0, 30, id="all"),
    ],
)
def test_the_age_below_which_a_share_came(minutes: list[tuple[int, int]], share: float, expected: int | None) -> None:
    assert Ages(minutes).at(share) == expected
