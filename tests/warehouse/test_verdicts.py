"""Rule by rule, which of two versions of a conversation stays, and whether it is a revision."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backend.catalog import Dataset
from backend.extraction.flatten import FlatConversation
from backend.warehouse.client import Warehouse
from tests.extraction.records import START, acd, conversation, flat, metric
from tests.warehouse.contents import A_DAY, Row, Writer, rows_of, set_state, state_of

# A version begins at 08:00 and ends at 08:30, so a job of ten o'clock knows its end and not what changed at noon.
AVAILABLE = START + timedelta(hours=2)


def version(identity: str, text: str = "sent", minutes: float = 0, **values: Any) -> FlatConversation:
    """A version of a conversation: told by its direction, updated so many minutes later than another."""
    record = flat(conversation(acd("q1", metric("nOffered")), identity=identity, originatingDirection=text, **values))
    return msgspec.structs.replace(record, updated_date=record.updated_date + timedelta(minutes=minutes))


@dataclass(frozen=True)
class Case:
    """What stands there, what comes, and what is true then: direction, settled, and why it is a revision."""

    id: str
    stored: str
    sent: FlatConversation
    direction: str
    settled: bool
    reason: str | None = None
    by_job: bool = False
    stored_end: float | None = 30
    stored_minutes: float = 0

    def before(self) -> FlatConversation:
        start = (self.sent.created_date - START).total_seconds() / 60
        return version(self.id, "stored", self.stored_minutes, start=start, end=self.stored_end)


def case(name: str, stored: str, direction: str, settled: bool, reason: str | None = None, **values: Any) -> Case:
    """A version told `text` (`sent` unless given) with these values comes where `stored` stands."""
    own = {key: values.pop(key) for key in ("by_job", "stored_end", "stored_minutes") if key in values}
    return Case(name, stored, version(name, values.pop("text", "sent"), **values), direction, settled, reason, **own)


CASES = [
    case("new", "", "sent", False),
    case("new of a job", "", "sent", True, by_job=True),
    case("arrived late", "", "sent", False, "arrived_late", start=-100, end=-90),
    case("before history", "", "sent", False, start=-2_000, end=-1_990),
    case("unchanged", "read", "stored", False, text="stored"),
    case("updated", "read", "sent", False, "updated", minutes=5),
    case("rebuilt", "read", "sent", False, "rebuilt"),
    case("older", "read", "stored", False, minutes=-5),
    case("progressed", "read", "sent", False, "progressed", stored_end=None, minutes=5),
    case("settles", "read", "stored", True, text="stored", by_job=True),
    case("settles with another value", "read", "sent", True, "rebuilt", minutes=-5, by_job=True),
    case("changed after the job's data", "read", "stored", False, stored_minutes=200, minutes=5, by_job=True),
    case("not final in its job", "read", "sent", False, "updated", end=300, by_job=True),
    case("not final and older", "read", "stored", False, stored_minutes=400, end=300, by_job=True),
    case("settled, read again", "settled", "stored", True, minutes=5),
    case("settled, read the same", "settled", "stored", True, text="stored"),
    case("settled, settled again", "settled", "sent", True, "rebuilt", minutes=-5, by_job=True),
    case("settled, settled later", "settled", "sent", True, "updated", minutes=5, by_job=True),
    case("settled, the same again", "settled", "stored", True, text="stored", by_job=True),
    case("settled, not final in its job", "settled", "stored", True, end=300, by_job=True),
    case("reappeared", "deleted", "stored", False, "reappeared", text="stored"),
    case("reappeared in a job", "deleted", "stored", True, "reappeared", text="stored", by_job=True),
    case("of a distant day", "read", "sent", False, "updated", start=-30 * A_DAY, minutes=5),
    case("settled reappeared", "settled deleted", "stored", False, "reappeared", text="stored"),
]
BY_NAME = {found.id: found for found in CASES}


@dataclass
class Merged:
    """What every case left, and what each commit added to receipt and data version."""

    rows: dict[str, Row] = field(default_factory=dict)
    revisions: dict[str, Row] = field(default_factory=dict)
    added: list[tuple[int, ...]] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def merged(warehouse: Warehouse, dataset: Dataset) -> Merged:
    found = Merged()
    set_state(warehouse, watermark="NULL", first_start="TIMESTAMP '2024-03-10 00:00:00+00'")
    own = "id IN UNNEST([" + ", ".join(f'"{name}"' for name in BY_NAME) + "])"

    def note(added: tuple[int, ...]) -> None:
        found.added.append(added)
        found.versions.append(state_of(warehouse)["data_version"])

    with Writer(warehouse, "merging") as writer:
        read = [c.before() for c in CASES if c.stored in ("read", "deleted")]
        note(writer.put(read, watermark=START))
        note(writer.put([c.before() for c in CASES if c.stored.startswith("settled")], available=AVAILABLE))
        note(writer.delete([c.before() for c in CASES if c.stored.endswith("deleted")]))
        sent = [c.sent for c in CASES if not c.by_job], [c.sent for c in CASES if c.by_job]
        note(writer.put(sent[0]))
        note(writer.put(sent[1], available=AVAILABLE))
        note(writer.put(sent[1], available=AVAILABLE))
    found.rows = {row["id"]: row for row in rows_of(warehouse, dataset.name, own)}
    found.revisions = {
        row["id"]: row for row in rows_of(warehouse, "extraction_revisions", f"{own} AND reason != 'deleted'")
    }
    return found


@pytest.mark.parametrize("name", BY_NAME)
def test_which_version_stays_and_why(merged: Merged, name: str) -> None:
    expected, row, revision = BY_NAME[name], merged.rows[name], merged.revisions.get(name)
    assert (row["direction"], row["settled"], row["deleted_at"]) == (expected.direction, expected.settled, None)
    assert (revision["reason"] if revision else None) == expected.reason


def test_the_ledger_keeps_the_replaced_row_as_it_was(merged: Merged) -> None:
    replaced = merged.revisions["updated"]
    before = BY_NAME["updated"].before()
    assert replaced["direction"] == "stored"
    assert (replaced["updated_date"], replaced["record_hash"]) == (before.updated_date, before.record_hash())
    assert replaced["run_id"].startswith("merging-")
    assert replaced["age_seconds"] > 0
    late = merged.revisions["arrived late"]
    assert (late["created_date"], late["direction"], late["record_hash"]) == (
        START - timedelta(minutes=100),
        None,
        None,
    )


def test_the_receipts_add_up(merged: Merged) -> None:
    received = [len([c for c in CASES if c.by_job is by_job]) for by_job in (False, True)]
    assert merged.added == [
        (13, 13, 0, 0, 0, 0),
        (7, 7, 0, 0, 0, 0),
        (0, 0, 0, 0, 0, 3),
        (received[0], 9, 2, 2, 0, 0),
        (received[1], 7, 1, 3, 0, 0),
        (received[1], 0, 8, 3, 0, 0),
    ]
    for processed, loaded, unchanged, superseded, *_ in merged.added:
        assert processed == loaded + unchanged + superseded


def test_the_data_version_rises_only_when_rows_changed(merged: Merged) -> None:
    steps = [after - merged.versions[0] for after in merged.versions]
    assert steps == [0, 1, 2, 3, 4, 4]


def test_every_table_has_a_conversation_once(warehouse: Warehouse, dataset: Dataset, merged: Merged) -> None:
    for table in (dataset.name, "interaction_references", "interaction_metrics"):
        found = Counter(row["id"] for row in rows_of(warehouse, table) if row["id"] in BY_NAME)
        assert found == Counter(dict.fromkeys(BY_NAME, 1)), table
