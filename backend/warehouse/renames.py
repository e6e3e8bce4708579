"""Rows follow the names of the lookups: one transaction of UPDATEs by id, for what changed since the last time."""

from collections.abc import Set
from datetime import datetime

from google.cloud import bigquery

from backend.warehouse.client import StatementParameter, Warehouse, warehouse_errors
from backend.warehouse.commit_script import BEGINNING, TableName
from backend.warehouse.lease import Lease, fence
from backend.warehouse.tables import DETAILS, LOOKUPS, QUEUE_PERFORMANCE, REFERENCES, STATE


def apply_names(
    warehouse: Warehouse, lease: Lease, kinds: Set[str], *, applied: datetime | None, until: datetime
) -> None:
    """Writes every name of these kinds that changed after `applied` (None: ever) into the rows that hold its id.

    `until` is remembered as applied. All times aware UTC. Raises `LeaseLostError`.
    """
    scalar = bigquery.ScalarQueryParameter
    parameters: list[StatementParameter] = [
        *lease.parameters(),
        scalar("applied", "TIMESTAMP", applied),
        scalar("until", "TIMESTAMP", until),
    ]
    with warehouse_errors("writing changed names into the rows"), lease.fenced():
        warehouse.run(names_script(warehouse.table, kinds), parameters)


def names_script(table: TableName, kinds: Set[str]) -> str:
    """The script; names that did not change since `@applied` are not touched, nor are rows for want of these kinds."""
    updates = {
        "queue": [
            _by_own_id(table(DETAILS), "created_date", "queue", "queue_id", "queue_name"),
            _by_reference(table, "queue", "first_queue_id", "first_queue_name"),
            _by_own_id(table(QUEUE_PERFORMANCE), "interval_start", "queue", "queue_id", "queue_name"),
        ],
        "user": [
            _by_own_id(table(DETAILS), "created_date", "user", "agent_id", "agent_name"),
            _by_own_id(table(QUEUE_PERFORMANCE), "interval_start", "user", "agent_id", "agent_name"),
        ],
        "team": [_by_reference(table, "team", "team_id", "team_name")],
        "wrapup_code": [_by_reference(table, "wrapup_code", "wrapup_code_id", "disposition_code")],
        "skill": [_skills(table), _rename_skills(table)],
    }
    statements = [
        "BEGIN TRANSACTION",
        *fence(table(STATE), ["names_applied_at = @until", "data_version = data_version + 1"]),
        f"CREATE TEMP TABLE changed AS\nSELECT kind, id, name FROM {table(LOOKUPS)}\n"
        "WHERE changed_at > COALESCE(@applied, TIMESTAMP '0001-01-01 00:00:00+00')",
        *(statement for kind, statements in updates.items() if kind in kinds for statement in statements),
        "COMMIT TRANSACTION",
    ]
    return ";\n".join(statements) + ";\n"


def _by_own_id(target: str, partition: str, kind: str, identifier: str, name: str) -> str:
    return (
        f"UPDATE {target} AS t\nSET {name} = n.name\nFROM changed AS n\n"
        f"WHERE t.{partition} >= {BEGINNING} AND n.kind = '{kind}' AND n.id = t.{identifier} AND t.{name} != n.name"
    )


def _by_reference(table: TableName, kind: str, identifier: str, name: str) -> str:
    return (
        f"UPDATE {table(DETAILS)} AS t\nSET {name} = n.name\nFROM (\n"
        f"  SELECT r.id, c.name FROM {table(REFERENCES)} AS r JOIN changed AS c ON c.id = r.{identifier}\n"
        f"  WHERE r.created_date >= {BEGINNING} AND c.kind = '{kind}'\n) AS n\n"
        f"WHERE t.created_date >= {BEGINNING} AND t.id = n.id AND t.{name} != n.name"
    )


def _skills(table: TableName) -> str:
    """The new text of every combination of skills that holds a changed one."""
    return (
        "CREATE TEMP TABLE skill_names AS\n"
        "SELECT combination, STRING_AGG(name, ', ' ORDER BY name) AS name, LOGICAL_OR(is_changed) AS is_changed\n"
        "FROM (\n"
        "  SELECT s.combination, COALESCE(l.name, s.skill) AS name, c.id IS NOT NULL AS is_changed\n"
        "  FROM (\n"
        "    SELECT combination, skill\n"
        f"    FROM (SELECT DISTINCT skill_ids AS combination FROM {table(REFERENCES)}\n"
        f"          WHERE created_date >= {BEGINNING} AND skill_ids IS NOT NULL),\n"
        "      UNNEST(SPLIT(combination, ',')) AS skill\n"
        "  ) AS s\n"
        f"  LEFT JOIN {table(LOOKUPS)} AS l ON l.kind = 'skill' AND l.id = s.skill\n"
        "  LEFT JOIN changed AS c ON c.kind = 'skill' AND c.id = s.skill\n"
        ")\nGROUP BY combination"
    )


def _rename_skills(table: TableName) -> str:
    return (
        f"UPDATE {table(DETAILS)} AS t\nSET skill_name = n.name\nFROM (\n"
        f"  SELECT r.id, s.name FROM {table(REFERENCES)} AS r JOIN skill_names AS s ON s.combination = r.skill_ids\n"
        f"  WHERE r.created_date >= {BEGINNING} AND s.is_changed\n) AS n\n"
        f"WHERE t.created_date >= {BEGINNING} AND t.id = n.id AND t.skill_name != n.name"
    )
