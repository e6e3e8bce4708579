"""Rows: names in place of ids, exact seconds, the columns of the table in its order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from backend.catalog import Column, load_catalog
from backend.errors import SchemaFileError
from backend.extraction.flatten import FlatConversation
from backend.extraction.rows import Names, Provenance, RowMapping
from backend.warehouse.client import Warehouse
from backend.warehouse.staging import stage
from tests.conftest import MakeSettings
from tests.extraction.records import START, acd, agent, conversation, flat, metric, segment

CATALOG = load_catalog()
DATASET = CATALOG["interaction_details"]
MAPPING = RowMapping(DATASET)
READ_AT = datetime(2024, 3, 12, 12, 0, 0, 123_456, UTC)
WRAP_UP = segment(5, segmentType="wrapup", wrapUpCode="w1")
FLAT = flat(
    conversation(
        acd("q1", metric("tAcd", 11_179)),
        acd("q2", metric("tAcd", 1), start=2),
        agent(
            "u1",
            metric("tTalk", 5_097_600_919),
            metric("tTalkComplete", 5_097_600_919),
            segments=[WRAP_UP],
            teamId="t1",
        ),
    )
)
NAMES = Names(
    queues={"q1": "Billing", "q2": "Support"},
    users={"u1": "Agent 014"},
    skills={"s1": "Zulu", "s2": "Alpha"},
    wrapup_codes={"w1": "Resolved"},
    teams={"t1": "Team 3"},
    locations={"u1": "Leipzig"},
)
NAMED = ("queue_id", "queue_name", "first_queue_name", "agent_id", "agent_name", "team_name", "location_name")


def cells(record: FlatConversation, names: Names, *columns: str) -> list[Any]:
    row = MAPPING.row(record, names, Provenance(READ_AT))
    return [row[column] for column in columns]


def test_names_stand_in_place_of_ids() -> None:
    expected = ["q2", "Support", "Billing", "u1", "Agent 014", "Team 3", "Leipzig"]
    assert cells(FLAT, NAMES, *NAMED) == expected
    assert cells(FLAT, NAMES, "disposition_code") == ["Resolved"]


def test_ids_stand_where_no_name_is_known_and_a_location_has_none() -> None:
    assert cells(FLAT, Names(), *NAMED) == ["q2", "q2", "q1", "u1", "u1", "t1", None]
    assert cells(FLAT, Names(), "disposition_code") == ["w1"]


def test_what_is_absent_stays_null() -> None:
    empty = flat(conversation())
    assert cells(empty, NAMES, *NAMED, "disposition_code", "skill_name", "wait_time") == [None] * 10


@pytest.mark.parametrize(
    ("skills", "expected"),
    [
        ((), None),
        (("s1",), "Zulu"),
        (("s1", "s2"), "Alpha, Zulu"),
        (("s1", "s2", "unknown"), "Alpha, Zulu, unknown"),
    ],
    ids=["none", "one", "sorted by name", "unknown"],
)
def test_skills_are_sorted_by_name_and_joined(skills: tuple[str, ...], expected: str | None) -> None:
    assert cells(msgspec.structs.replace(FLAT, skill_ids=skills), NAMES, "skill_name") == [expected]


def test_names_do_not_change_the_hash() -> None:
    assert cells(FLAT, NAMES, "record_hash") == cells(FLAT, Names(), "record_hash") == [FLAT.record_hash()]


def test_the_columns_are_those_of_the_table_in_its_order() -> None:
    declared = [column.name for column in DATASET.table.columns]
    assert list(MAPPING.row(FLAT, NAMES, Provenance(READ_AT))) == declared
    references = ["first_queue_id", "team_id", "skill_ids", "wrapup_code_id"]
    table = MAPPING.table([FLAT], NAMES, Provenance(READ_AT))
    assert table.column_names == declared + references
    assert [table.column(name)[0].as_py() for name in references] == ["q1", "t1", None, "w1"]


@pytest.mark.parametrize(
    ("end", "available", "settled"),
    [
        pytest.param(30, None, False, id="read by the query API"),
        pytest.param(30, timedelta(minutes=31), True, id="ended before the job's data were available"),
        pytest.param(30, timedelta(minutes=30), False, id="ended at that moment"),
        pytest.param(30, timedelta(minutes=29), False, id="ended after it"),
        pytest.param(None, timedelta(days=9), False, id="open"),
    ],
)
def test_when_a_row_is_settled(end: float | None, available: timedelta | None, settled: bool) -> None:
    provenance = Provenance(READ_AT, START + available if available else None)
    assert MAPPING.row(flat(conversation(end=end)), NAMES, provenance)["settled"] is settled


def test_a_column_that_nothing_fills_is_refused() -> None:
    extra = Column(name="mood", type="STRING", description="How it felt")
    table = DATASET.table.model_copy(update={"columns": (*DATASET.table.columns, extra)})
    with pytest.raises(SchemaFileError, match="no source for column mood"):
        RowMapping(DATASET.model_copy(update={"table": table}))


def test_a_batch_without_rows_keeps_its_types() -> None:
    table = MAPPING.table([], NAMES, Provenance(READ_AT))
    assert (table.num_rows, table.schema.field("wait_time").type) == (0, pa.decimal128(38, 9))


def test_values_are_exact_through_parquet_and_the_warehouse(temporary_settings: MakeSettings) -> None:
    warehouse = Warehouse(temporary_settings())
    warehouse.client.create_dataset(f"{warehouse.project}.{warehouse.dataset}")
    largest = msgspec.structs.replace(FLAT, id="largest", wait_ms=2**63 - 1, talk_ms=1, hold_ms=0)
    empty = msgspec.structs.replace(flat(conversation(end=None)), id="empty")
    written = [FLAT, largest, empty]
    rows = MAPPING.table(written, NAMES, Provenance(READ_AT, available=READ_AT))
    staging = stage(warehouse, rows, name=f"{warehouse.dataset}-exact", heartbeat=lambda: None)
    columns = ", ".join(column.name for column in DATASET.table.columns)
    stored = warehouse.run(f"SELECT {columns} FROM {warehouse.table(staging)}")
    read = {row["id"]: dict(row.items()) for row in stored}
    assert read == {record.id: MAPPING.row(record, NAMES, Provenance(READ_AT, available=READ_AT)) for record in written}
    assert (read["c1"]["talk_time"], read["c1"]["wait_time"]) == (Decimal("5097600.919"), Decimal("11.18"))
    assert read["largest"]["wait_time"] == Decimal("9223372036854775.807")
    assert read["c1"]["created_date"] == FLAT.created_date
    assert read["c1"]["extracted_at"] - READ_AT == timedelta(0)
