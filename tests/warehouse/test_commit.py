"""What a commit does to every table, in the embedded BigQuery."""

from datetime import datetime, timedelta

import msgspec
import pytest

from backend.catalog import Dataset
from backend.errors import LeaseLostError, NotReadyError
from backend.extraction.flatten import FlatConversation
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Quarantined, commit
from backend.warehouse.lease import Lease
from tests.extraction.records import START, conversation, flat
from tests.warehouse.contents import (
    STARTED,
    Row,
    begin,
    everything,
    flats,
    put,
    receipt_of,
    rows_of,
    staged_batch,
    state_of,
)

LATER = STARTED + timedelta(hours=1)


def version(identity: str, direction: str, minutes: int = 0) -> FlatConversation:
    """A version of a conversation: told by its direction, `minutes` newer."""
    record = flat(conversation(identity=identity, originatingDirection=direction))
    return msgspec.structs.replace(record, updated_date=record.updated_date + timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def merged(warehouse: Warehouse, dataset: Dataset) -> tuple[dict[str, str], list[Row], list[int]]:
    """Every kind of second sighting in one table: directions by id, receipts, data versions after each run."""
    unsettled = ["unchanged", "newer", "equal", "older", "settles"]
    settled = ["settled", "settled older", "settled equal"]
    receipts, versions = [], []

    def run(name: str, records: list[FlatConversation], *, as_settled: bool = False) -> None:
        receipts.append(put(warehouse, dataset, name, records, settled=as_settled))
        versions.append(state_of(warehouse)["data_version"])

    run("first", [version(name, "stored") for name in unsettled])
    run("first-settled", [version(name, "stored") for name in settled], as_settled=True)
    run(
        "second",
        [
            version("new", "sent"),
            version("unchanged", "stored"),
            version("newer", "sent", 5),
            version("equal", "sent"),
            version("older", "sent", -5),
            version("settled", "sent", 5),
        ],
    )
    run(
        "second-settled",
        [version("settles", "sent"), version("settled older", "sent", -5), version("settled equal", "sent")],
        as_settled=True,
    )
    run("third", [version("new", "sent"), version("newer", "sent", 5), version("settled", "sent", 9)])
    return {row["id"]: row["direction"] for row in rows_of(warehouse, dataset.name)}, receipts, versions


@pytest.mark.parametrize(
    ("identity", "direction"),
    [
        ("new", "sent"),
        ("unchanged", "stored"),
        ("newer", "sent"),
        ("equal", "sent"),
        ("older", "stored"),
        ("settles", "sent"),
        ("settled", "stored"),
        ("settled older", "stored"),
        ("settled equal", "sent"),
    ],
)
def test_which_version_stays(
    merged: tuple[dict[str, str], list[Row], list[int]], identity: str, direction: str
) -> None:
    assert merged[0][identity] == direction


def test_one_row_a_conversation(warehouse: Warehouse, dataset: Dataset, merged: object) -> None:
    identities = [row["id"] for row in rows_of(warehouse, dataset.name)]
    assert len(identities) == len(set(identities)) == 9


def test_the_receipts_add_up(merged: tuple[dict[str, str], list[Row], list[int]]) -> None:
    names = ("records_processed", "loaded", "unchanged", "superseded", "quarantined")
    assert [tuple(receipt[name] for name in names) for receipt in merged[1]] == [
        (5, 5, 0, 0, 0),
        (3, 3, 0, 0, 0),
        (6, 3, 1, 2, 0),
        (3, 2, 0, 1, 0),
        (3, 0, 2, 1, 0),
    ]
    for receipt in merged[1]:
        assert (receipt["status"], receipt["genesys_requests"], receipt["more"]) == ("ok", 7, False)
        assert receipt["finished_at"] is not None


def test_the_data_version_rises_only_when_rows_changed(
    merged: tuple[dict[str, str], list[Row], list[int]],
) -> None:
    assert merged[2] == [1, 2, 3, 4, 4]


def test_the_watermark_never_goes_back(warehouse: Warehouse, dataset: Dataset) -> None:
    reached: list[datetime | None] = []
    for number, watermark in enumerate([STARTED, None, STARTED - timedelta(days=1), LATER]):
        put(warehouse, dataset, f"watermark-{number}", [], watermark=watermark)
        reached.append(state_of(warehouse)["watermark"])
    assert reached == [STARTED, STARTED, STARTED, LATER]


def test_records_in_quarantine_leave_their_reason_and_no_row(warehouse: Warehouse, dataset: Dataset) -> None:
    before = state_of(warehouse)["data_version"]
    quarantined = (Quarantined("bad", "Expected `object` - at `$.participants`"), Quarantined(None, "truncated; 'x'"))
    receipt = put(warehouse, dataset, "bad-records", [], quarantined=quarantined)
    kept = [row for row in rows_of(warehouse, "extraction_quarantine") if row["run_id"] == receipt["run_id"]]
    assert {(row["id"], row["reason"], row["version"]) for row in kept} == {
        (*record, "0.0.1") for record in quarantined
    }
    assert (receipt["records_processed"], receipt["quarantined"], receipt["loaded"]) == (2, 2, 0)
    assert state_of(warehouse)["data_version"] == before


def test_the_same_batch_twice_is_committed_once(warehouse: Warehouse, dataset: Dataset) -> None:
    run, lease = begin(warehouse, "lost-answer")
    batch = staged_batch(warehouse, dataset, run, flats("twice"), watermark=LATER)
    commit(warehouse, dataset, batch, run, lease)
    after = everything(warehouse)
    commit(warehouse, dataset, batch, run, lease)
    assert everything(warehouse) == after
    lease.release(STARTED)


def test_batches_of_one_run_add_to_one_receipt(warehouse: Warehouse, dataset: Dataset) -> None:
    run, lease = begin(warehouse, "two-batches")
    first = staged_batch(warehouse, dataset, run, flats("a1", "a2"), finished=False)
    commit(warehouse, dataset, first, run, lease)
    between = receipt_of(warehouse, run)
    assert (between["status"], between["finished_at"], between["records_processed"]) == ("running", None, 2)
    bad = (Quarantined("a4", "bad"),)
    commit(
        warehouse, dataset, staged_batch(warehouse, dataset, run, flats("a3"), number=2, quarantined=bad), run, lease
    )
    lease.release(STARTED)
    whole = receipt_of(warehouse, run)
    assert (whole["status"], whole["records_processed"], whole["loaded"], whole["quarantined"]) == ("ok", 4, 3, 1)


def test_a_commit_renews_the_lease(warehouse: Warehouse, dataset: Dataset) -> None:
    run, lease = begin(warehouse, "renewing")
    before = state_of(warehouse)["lease_until"]
    commit(warehouse, dataset, staged_batch(warehouse, dataset, run, []), run, lease)
    assert state_of(warehouse)["lease_until"] > before
    lease.release(STARTED)


def test_a_lease_lost_after_staging_leaves_every_table_as_it_was(warehouse: Warehouse, dataset: Dataset) -> None:
    put(warehouse, dataset, "stored", flats("kept"))
    run, lease = begin(warehouse, "slow")
    bad = (Quarantined("bad", "bad"),)
    records = [version("kept", "sent", 5), *flats("never")]
    batch = staged_batch(warehouse, dataset, run, records, quarantined=bad, watermark=LATER + timedelta(days=1))
    warehouse.run(f"UPDATE {warehouse.table('extraction_state')} SET lease_until = TIMESTAMP '2024-01-01' WHERE TRUE")
    other = Lease.acquire(warehouse, "quick", seconds=60, clock=lambda: 0.0)
    assert other is not None
    before = everything(warehouse)
    with pytest.raises(LeaseLostError, match="nothing is lost"):
        commit(warehouse, dataset, batch, run, lease)
    assert everything(warehouse) == before
    other.release(STARTED)


def test_without_its_receipt_nothing_is_committed(warehouse: Warehouse, dataset: Dataset) -> None:
    run, lease = begin(warehouse, "known")
    unknown = run._replace(started_at=LATER)
    batch = staged_batch(warehouse, dataset, run, flats("orphan"))
    before = everything(warehouse)
    with pytest.raises(Exception, match="refused the request"):
        commit(warehouse, dataset, batch, unknown, lease)
    assert everything(warehouse) == before
    lease.release(STARTED)


def test_a_staging_table_that_is_gone_commits_nothing(warehouse: Warehouse, dataset: Dataset) -> None:
    run, lease = begin(warehouse, "expired")
    batch = staged_batch(warehouse, dataset, run, flats("expired"))
    warehouse.client.delete_table(warehouse.reference(batch.staging or ""))
    before = everything(warehouse)
    with pytest.raises(NotReadyError):
        commit(warehouse, dataset, batch, run, lease)
    assert everything(warehouse) == before
    lease.release(STARTED)


def test_rows_of_two_distant_days_are_replaced_in_place(warehouse: Warehouse, dataset: Dataset) -> None:
    month = timedelta(days=30).total_seconds() / 60
    put(warehouse, dataset, "distant-1", [*flats("near"), *flats("far", start=-month)])
    changed = [*flats("near", originatingDirection="new"), *flats("far", start=-month, originatingDirection="new")]
    assert put(warehouse, dataset, "distant-2", changed)["loaded"] == 2
    stored = {row["id"]: row for row in rows_of(warehouse, dataset.name) if row["id"] in ("near", "far")}
    assert {row["direction"] for row in stored.values()} == {"new"}
    assert stored["far"]["created_date"] == START - timedelta(days=30)
