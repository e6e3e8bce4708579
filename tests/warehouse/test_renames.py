"""Rows follow their names: what the lookups find renamed, or named at last, is renamed in every row that has its id."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from backend.errors import LeaseLostError
from backend.extraction.lookups import known_names
from backend.warehouse.client import Warehouse
from backend.warehouse.lease import Lease
from backend.warehouse.names import merge_names, read_names, store_names
from backend.warehouse.renames import apply_names, names_script
from tests.conftest import Golden
from tests.extraction.records import Json, acd, agent, conversation, flat, metric, participant, segment
from tests.warehouse.contents import STARTED, Row, Writer, rows_of, set_state, state_of

OLD = {
    "queue": {"rq1": "Billing", "rq2": "Support", "rq3": "Sales"},
    "user": {"ru1": "Agent 014", "ru3": "Agent 003"},
    "skill": {"rs1": "German", "rs2": "Alpha", "rs3": "French"},
    "wrapup_code": {"rw1": "Resolved", "rw3": "Other"},
    "team": {"rt1": "Team 3", "rt3": "Team 9"},
}
NEW = {
    "queue": {"rq1": "Invoices", "rq2": "Help", "rq3": "Sales", "rq9": "Newcomer"},
    "user": {"ru1": "Agent 015", "ru3": "Agent 003", "ru9": "Agent 900"},
    "skill": {"rs1": "German", "rs2": "Zulu", "rs3": "French", "rs9": "Basic"},
    "wrapup_code": {"rw1": "Done", "rw3": "Other", "rw9": "Sold"},
    "team": {"rt1": "Team 4", "rt3": "Team 9", "rt9": "Team 90"},
}
NAMED = ("first_queue_name", "queue_name", "agent_name", "team_name", "skill_name", "disposition_code")
ONE_HOUR = timedelta(hours=1)
OWN = "id IN ('renamed', 'named', 'as before', 'nothing')"
KINDS = {"queue", "user", "team", "wrapup_code", "skill"}


def whole(identity: str, number: int, second_queue: str, *skills: str) -> Json:
    """A conversation whose every name comes from ids of that number."""
    wanted = segment(0, queueId=f"rq{number}", requestedRoutingSkillIds=list(skills))
    wrap_up = segment(5, queueId=second_queue, segmentType="wrapup", wrapUpCode=f"rw{number}")
    return conversation(
        participant("acd", metric("nOffered"), segments=[wanted]),
        acd(second_queue, metric("nOffered"), start=2),
        agent(f"ru{number}", metric("tTalk"), metric("tHandle", 9_000), teamId=f"rt{number}", segments=[wrap_up]),
        identity=identity,
    )


RECORDS = [
    flat(whole("renamed", 1, "rq2", "rs1", "rs2")),
    flat(whole("named", 9, "rq9", "rs1", "rs9")),
    flat(whole("as before", 3, "rq3", "rs3")),
    flat(conversation(identity="nothing")),
]


@dataclass
class Stored:
    """Rows and buckets of the test's own ids at one moment."""

    rows: dict[str, Row]
    counts: list[Row]
    revisions: list[Row]
    data_version: int


def stored(warehouse: Warehouse) -> Stored:
    return Stored(
        {row["id"]: row for row in rows_of(warehouse, "interaction_details", OWN)},
        rows_of(warehouse, "queue_performance", "queue_id LIKE 'rq%'"),
        rows_of(warehouse, "extraction_revisions", OWN),
        state_of(warehouse)["data_version"],
    )


def learn(warehouse: Warehouse, read: Mapping[str, Mapping[str, str]], now: datetime) -> None:
    store_names(warehouse, merge_names(read_names(warehouse), read, now), run_id=f"{now:%H%M}-{warehouse.dataset}")


@pytest.fixture(scope="module")
def moments(warehouse: Warehouse) -> dict[str, Stored]:
    """Before any rename; after a crash between storing the names and the rows; when they followed."""
    found: dict[str, Stored] = {}
    set_state(warehouse, watermark="NULL")
    store_names(warehouse, [], run_id=f"none-{warehouse.dataset}")
    learn(warehouse, OLD, STARTED)
    with Writer(warehouse, "renaming") as writer:
        writer.put(RECORDS, names=known_names(read_names(warehouse)))
        apply_names(warehouse, writer.lease, KINDS, applied=None, until=STARTED)
        details = warehouse.table("interaction_details")
        warehouse.run(f"UPDATE {details} SET queue_name = 'Untouched' WHERE id = 'as before'")
        found["before"] = stored(warehouse)
        learn(warehouse, NEW, STARTED + ONE_HOUR)
        with pytest.raises(LeaseLostError):
            apply_names(
                warehouse,
                Lease(warehouse, "crashed", 60, lambda: 0.0),
                KINDS,
                applied=STARTED,
                until=STARTED + ONE_HOUR,
            )
        found["crashed"] = stored(warehouse)
        apply_names(warehouse, writer.lease, KINDS, applied=STARTED, until=STARTED + ONE_HOUR)
        found["after"] = stored(warehouse)
    return found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param(
            "renamed",
            ("Billing", "Support", "Agent 014", "Team 3", "Alpha, German", "Resolved"),
            ("Invoices", "Help", "Agent 015", "Team 4", "German, Zulu", "Done"),
            id="renamed",
        ),
        pytest.param(
            "named",
            ("rq9", "rq9", "ru9", "rt9", "German, rs9", "rw9"),
            ("Newcomer", "Newcomer", "Agent 900", "Team 90", "Basic, German", "Sold"),
            id="an unknown id gets its name",
        ),
        pytest.param(
            "as before",
            ("Sales", "Untouched", "Agent 003", "Team 9", "French", "Other"),
            ("Sales", "Untouched", "Agent 003", "Team 9", "French", "Other"),
            id="a name that did not change is not written",
        ),
        pytest.param("nothing", (None,) * 6, (None,) * 6, id="without ids"),
    ],
)
def test_names_in_the_rows(
    moments: dict[str, Stored], name: str, before: tuple[str | None, ...], after: tuple[str | None, ...]
) -> None:
    for moment, expected in (("before", before), ("crashed", before), ("after", after)):
        assert tuple(moments[moment].rows[name][column] for column in NAMED) == expected, moment


def test_queue_performance_follows_and_counts_the_same(moments: dict[str, Stored]) -> None:
    def names(moment: str) -> set[tuple[str, ...]]:
        counts = moments[moment].counts
        return {(row["queue_id"], row["queue_name"], row["agent_id"], row["agent_name"]) for row in counts}

    assert {("rq2", "Support", "ru1", "Agent 014"), ("rq9", "rq9", None, None)} <= names("before")
    assert names("crashed") == names("before")
    assert names("after") == {
        *(("rq1", "Invoices", None, None), ("rq2", "Help", None, None), ("rq2", "Help", "ru1", "Agent 015")),
        *(("rq9", "Newcomer", None, None), ("rq9", "Newcomer", "ru9", "Agent 900")),
        *(("rq3", "Sales", None, None), ("rq3", "Sales", "ru3", "Agent 003")),
    }

    def figures(moment: str) -> list[str]:
        rows = moments[moment].counts
        return sorted(repr({k: v for k, v in row.items() if not k.endswith("_name")}) for row in rows)

    assert figures("after") == figures("before")


def test_a_new_name_is_no_revision_but_new_data(moments: dict[str, Stored]) -> None:
    before, crashed, after = moments["before"], moments["crashed"], moments["after"]
    assert after.revisions == before.revisions == []
    assert (crashed.data_version, after.data_version) == (before.data_version, before.data_version + 1)
    for name, row in before.rows.items():
        unnamed = {column: value for column, value in row.items() if column not in NAMED}
        assert unnamed == {column: after.rows[name][column] for column in unnamed}


def test_until_when_names_were_applied_is_remembered(warehouse: Warehouse, moments: dict[str, Stored]) -> None:
    assert state_of(warehouse)["names_applied_at"] == STARTED + ONE_HOUR


def test_golden(golden: Golden, unreached: Warehouse) -> None:
    golden("warehouse/names.sql", names_script(unreached.table, KINDS))


def test_only_rows_with_names_of_these_kinds_are_looked_at(unreached: Warehouse) -> None:
    script = names_script(unreached.table, {"team"})
    assert "SET team_name" in script
    assert not re.search(r"SET (queue|agent|skill|first_queue)_name|skill_names|disposition_code", script)


def test_every_statement_on_a_partitioned_table_has_its_range(unreached: Warehouse) -> None:
    for statement in names_script(unreached.table, KINDS).split(";\n"):
        for table, column in (("interaction_details", "t.created_date"), ("queue_performance", "t.interval_start")):
            if re.search(rf"UPDATE `project\.genesys\.{table}`", statement):
                assert f"{column} >= TIMESTAMP '" in statement
        if "interaction_references" in statement:
            assert "created_date >= TIMESTAMP '" in statement
