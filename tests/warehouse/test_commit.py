"""What a commit does beside the rows themselves, and that it happens once, wholly or not at all."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog import Dataset
from backend.errors import LeaseLostError, NotReadyError, WarehouseUnavailableError
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import commit, day_ranges
from backend.warehouse.commit_script import Quarantined
from backend.warehouse.lease import Lease
from tests.extraction.records import START, acd, agent, conversation, flat, metric, participant, segment
from tests.warehouse.contents import (
    COUNTED,
    STARTED,
    Row,
    Writer,
    begin,
    everything,
    flats,
    free_lease,
    receipt_of,
    rows_of,
    set_state,
    staged_batch,
    state_of,
)

LATER = STARTED + timedelta(hours=1)
REFERRING = flat(
    conversation(
        participant("acd", segments=[segment(0, queueId="q1", requestedRoutingSkillIds=["s2", "s1"])]),
        acd("q2", start=2),
        agent(
            "u1",
            metric("tTalk"),
            teamId="t1",
            segments=[segment(3), segment(6, segmentType="wrapup", wrapUpCode="w1")],
        ),
        identity="referring",
    )
)


class Stored(NamedTuple):
    """Receipts of a run after its first batch and after its last."""

    unfinished: Row
    finished: Row


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> Stored:
    with Writer(warehouse, "storing") as writer:
        writer.put([REFERRING, *flats("stored")], finished=False)
        unfinished = receipt_of(warehouse, writer.run)
        writer.put(quarantined=(Quarantined("refused", "bad"), Quarantined(None, "bad")))
        return Stored(unfinished, receipt_of(warehouse, writer.run))


@given(days=st.sets(st.dates(date(2024, 1, 1), date(2024, 3, 1)), max_size=40))
def test_ranges_cover_exactly_the_days_and_none_could_be_joined(days: set[date]) -> None:
    ranges = day_ranges(days)
    covered = [(start + i * timedelta(days=1)).date() for start, end in ranges for i in range((end - start).days)]
    assert covered == sorted(days)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert all(start.time() == end.time() == time.min for start, end in ranges)


def test_ids_behind_the_names_are_kept_beside_the_row(warehouse: Warehouse, stored: Stored) -> None:
    (found,) = rows_of(warehouse, "interaction_references", "id = 'referring'")
    assert tuple(found.values()) == ("referring", START, "q1", "t1", "s1,s2", "w1")


def test_batches_of_one_run_add_to_one_receipt(stored: Stored) -> None:
    between, whole = stored.unfinished, stored.finished
    assert (between["status"], between["finished_at"], between["records_processed"]) == ("running", None, 2)
    assert (whole["status"], whole["genesys_requests"], whole["more"]) == ("ok", 7, False)
    assert whole["finished_at"] is not None
    assert tuple(whole[name] for name in COUNTED) == (4, 2, 0, 0, 2, 0)


def test_the_watermark_never_goes_back(warehouse: Warehouse) -> None:
    set_state(warehouse, watermark="NULL")
    with Writer(warehouse, "watermark") as writer:
        reached: list[tuple[datetime | None, datetime | None]] = []
        for watermark, resume_from in (
            (STARTED, STARTED),
            (None, None),
            (STARTED - timedelta(days=1), STARTED - timedelta(days=1)),
            (LATER, None),
        ):
            writer.put(watermark=watermark, resume_from=resume_from)
            state = state_of(warehouse)
            reached.append((state["watermark"], state["resume_from"]))
    back = STARTED - timedelta(days=1)
    assert reached == [(STARTED, STARTED), (STARTED, STARTED), (STARTED, back), (LATER, None)]


def test_quarantine_keeps_a_refused_record_once_until_it_is_released(warehouse: Warehouse) -> None:
    refused = (Quarantined("bad", "Expected `object` - at `$.participants`"), Quarantined(None, "truncated; 'x'"))
    with Writer(warehouse, "bad-records") as writer:
        before = state_of(warehouse)["data_version"]
        assert writer.put(quarantined=refused) == (2, 0, 0, 0, 2, 0)
        assert writer.put(quarantined=(Quarantined("bad", "still"),)) == (1, 0, 0, 0, 1, 0)
        assert state_of(warehouse)["data_version"] == before
        condition = f"run_id = '{writer.run.id}'"
        kept = rows_of(warehouse, "extraction_quarantine", condition)
        expected = {("bad", "still", "0.0.1"), (None, "truncated; 'x'", "0.0.1")}
        assert {(row["id"], row["reason"], row["version"]) for row in kept} == expected
        assert len(kept) == 2
        writer.put(released=["bad"])
        assert [row["id"] for row in rows_of(warehouse, "extraction_quarantine", condition)] == [None]


def test_only_the_end_of_a_cycle_tells_what_was_withheld(warehouse: Warehouse) -> None:
    with Writer(warehouse, "withholding") as writer:
        writer.put(finished=False)
        assert receipt_of(warehouse, writer.run)["withheld_deletions"] is None
        writer.delete([], withheld_deletions=0)
        assert receipt_of(warehouse, writer.run)["withheld_deletions"] == 0


def test_the_same_batch_twice_is_committed_once(warehouse: Warehouse, dataset: Dataset) -> None:
    free_lease(warehouse)
    run, lease = begin(warehouse, "lost-answer")
    batch = staged_batch(warehouse, run, [], quarantined=(Quarantined(None, "twice"),), watermark=LATER)
    commit(warehouse, dataset, batch, run, lease)
    after = receipt_of(warehouse, run)
    commit(warehouse, dataset, batch, run, lease)
    assert receipt_of(warehouse, run) == after
    assert len(rows_of(warehouse, "extraction_quarantine", "reason = 'twice'")) == 1


def test_a_commit_renews_the_lease(warehouse: Warehouse) -> None:
    with Writer(warehouse, "renewing") as writer:
        before = state_of(warehouse)["lease_until"]
        writer.put()
        assert state_of(warehouse)["lease_until"] > before


def test_a_commit_that_cannot_be_leaves_every_table_as_it_was(
    warehouse: Warehouse, dataset: Dataset, stored: Stored
) -> None:
    free_lease(warehouse)
    run, lease = begin(warehouse, "slow")
    bad = (Quarantined("never", "bad"),)
    records = [*flats("stored", originatingDirection="outbound"), *flats("never")]
    batch = staged_batch(warehouse, run, records, quarantined=bad, watermark=LATER + timedelta(days=1))
    before = everything(warehouse)

    with pytest.raises(WarehouseUnavailableError, match="refused the request"):
        commit(warehouse, dataset, batch, run._replace(started_at=LATER), lease)
    assert everything(warehouse) == before, "its receipt is missing"

    lost = Lease(warehouse, run.id + "-lost", 60, lambda: 0.0)
    with pytest.raises(LeaseLostError, match="nothing is lost"):
        commit(warehouse, dataset, batch._replace(number=2), run, lost)
    assert everything(warehouse) == before, "another run holds the lease"

    assert batch.staged is not None
    warehouse.client.delete_table(warehouse.reference(batch.staged.rows))
    with pytest.raises(NotReadyError):
        commit(warehouse, dataset, batch._replace(number=3), run, lease)
    assert everything(warehouse) == before, "its staging table is gone"
