"""Which settled rows a job did not show."""

from collections import Counter
from datetime import timedelta

import pytest

from backend.warehouse.client import Warehouse
from backend.warehouse.settled import create_seen_table, drop_seen_table, unseen_rows
from tests.warehouse.contents import rows_of
from tests.warehouse.history import DAY, EIGHT, SECOND, History

THE_END = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def nothing_seen(warehouse: Warehouse) -> str:
    return create_seen_table(warehouse, "nothing")


def test_a_commit_notes_what_its_job_showed(warehouse: Warehouse, history: History) -> None:
    assert {row["id"] for row in rows_of(warehouse, history.seen)} == set(SECOND)
    assert unseen_rows(warehouse, DAY, THE_END, history.seen).rows == []


def test_settled_rows_that_were_not_seen_and_the_size_of_their_days(
    warehouse: Warehouse, history: History, nothing_seen: str
) -> None:
    found = unseen_rows(warehouse, DAY - timedelta(days=3), THE_END, nothing_seen)
    assert {row.id: row.created_date for row in found.rows} == dict.fromkeys(SECOND, EIGHT)
    assert found.settled_by_day == Counter({DAY.date(): len(SECOND)})


def test_one_that_ended_after_the_span_is_not_missed_but_counts(
    warehouse: Warehouse, history: History, nothing_seen: str
) -> None:
    found = unseen_rows(warehouse, DAY, EIGHT + timedelta(minutes=45), nothing_seen)
    assert {row.id for row in found.rows} == set(SECOND) - {"moved"}
    assert found.settled_by_day == Counter({DAY.date(): len(SECOND)})


def test_one_that_began_long_before_the_span_and_ended_in_it_is_missed(
    warehouse: Warehouse, history: History, nothing_seen: str
) -> None:
    found = unseen_rows(warehouse, EIGHT + timedelta(minutes=29), THE_END, nothing_seen)
    assert {row.id for row in found.rows} == set(SECOND)
    assert unseen_rows(warehouse, THE_END, THE_END + timedelta(days=1), nothing_seen).rows == []


def test_one_that_is_marked_as_deleted_is_not_missed_again(
    warehouse: Warehouse, history: History, nothing_seen: str
) -> None:
    details = warehouse.table("interaction_details")
    warehouse.run(f"UPDATE {details} SET deleted_at = CURRENT_TIMESTAMP() WHERE id = 'late'")
    found = unseen_rows(warehouse, DAY, THE_END, nothing_seen)
    warehouse.run(f"UPDATE {details} SET deleted_at = NULL WHERE id = 'late'")
    assert {row.id for row in found.rows} == set(SECOND) - {"late"}
    assert found.settled_by_day == Counter({DAY.date(): len(SECOND) - 1})


def test_the_table_of_seen_ids_expires_and_may_be_made_and_dropped_twice(warehouse: Warehouse) -> None:
    name = create_seen_table(warehouse, "run-1-1")
    assert name == create_seen_table(warehouse, "run-1-1") == "staging_seen_run_1_1"
    assert warehouse.client.get_table(warehouse.reference(name)).expires is not None
    drop_seen_table(warehouse, name)
    drop_seen_table(warehouse, name)
    assert name not in {table.table_id for table in warehouse.client.list_tables(warehouse.dataset)}
