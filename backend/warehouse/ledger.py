"""What the ledger of revisions knows: why a day's numbers moved, and how late corrections come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from google.cloud import bigquery

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import DETAILS, LOOKUPS, METRICS, REVISIONS

# Not what Genesys said of the conversation, but how we keep it.
_BOOKKEEPING = {"id", "created_date", "settled", "deleted_at", "record_hash", "extracted_at"}
_QUEUES = ("queue_id", "queue_name", "first_queue_name")
# An open conversation that goes on is no correction.
_CORRECTIONS = ("arrived_late", "updated", "rebuilt", "reappeared", "deleted")


class Revision(NamedTuple):
    """One thing learnt of a conversation; `changes` gives old and new value by column, none where it arrived late.

    `queues` are names and ids of its first and last queue, before and after.
    """

    id: str
    learnt_at: datetime
    run_id: str
    reason: str
    queues: frozenset[str]
    changes: dict[str, tuple[Any, Any]]


class Ages(NamedTuple):
    """How many corrections were learnt so many minutes after their conversation began, by minute."""

    minutes: list[tuple[int, int]]

    def at(self, share: float) -> int | None:
        """The age in minutes below which that share of corrections came; None where there are none."""
        total = sum(count for _, count in self.minutes)
        reached = 0
        for minute, count in sorted(self.minutes):
            reached += count
            if reached >= share * total:
                return minute
        return None


def revisions_of(
    warehouse: Warehouse, dataset: Dataset, start: datetime, end: datetime, queue: str | None
) -> list[Revision]:
    """What was learnt of conversations begun in `[start, end)`, oldest first.

    With `queue` (a name or an id) only of those that passed through it: first, last, or by a metric that counts there.
    """
    columns = [column.name for column in dataset.table.columns]
    listed = ", ".join(columns)
    parameters = [
        bigquery.ScalarQueryParameter("start", "TIMESTAMP", start),
        bigquery.ScalarQueryParameter("end", "TIMESTAMP", end),
    ]
    where = "WHERE created_date >= @start AND created_date < @end"
    with warehouse_errors("reading the ledger"):
        ledger = [
            dict(row.items())
            for row in warehouse.run(
                f"SELECT learnt_at, run_id, reason, {listed} FROM {warehouse.table(REVISIONS)} {where}\n"
                "ORDER BY id, learnt_at",
                parameters,
            )
        ]
        current = {
            row["id"]: dict(row.items())
            for row in warehouse.run(
                f"SELECT {listed} FROM {warehouse.table(DETAILS)} {where} AND id IN "
                f"(SELECT id FROM {warehouse.table(REVISIONS)} {where})",
                parameters,
            )
        }
        passed = _passed_through(warehouse, where, parameters, queue) if queue else set[str]()
    found = _compare(ledger, current, [column for column in columns if column not in _BOOKKEEPING])
    return [revision for revision in found if not queue or queue in revision.queues or revision.id in passed]


def _passed_through(
    warehouse: Warehouse, where: str, parameters: Sequence[bigquery.ScalarQueryParameter], queue: str
) -> set[str]:
    rows = warehouse.run(
        f"SELECT DISTINCT m.id FROM {warehouse.table(METRICS)} AS m\n"
        f"LEFT JOIN {warehouse.table(LOOKUPS)} AS l ON l.kind = 'queue' AND l.id = m.queue_id\n"
        "WHERE m.created_date >= @start AND m.created_date < @end AND @queue IN (m.queue_id, l.name)\n"
        f"  AND m.id IN (SELECT id FROM {warehouse.table(REVISIONS)} {where})",
        [*parameters, bigquery.ScalarQueryParameter("queue", "STRING", queue)],
    )
    return {row["id"] for row in rows}


def _compare(
    ledger: Sequence[dict[str, Any]], current: dict[str, dict[str, Any]], columns: Sequence[str]
) -> list[Revision]:
    """Each ledger row against the row that followed it: the next of the same conversation, or the one stored now."""
    revisions = []
    for before, following in zip(ledger, [*ledger[1:], None], strict=True):
        same = following is not None and following["id"] == before["id"]
        after = following if same and following is not None else current.get(before["id"], {})
        changes = {
            column: (before[column], after.get(column))
            for column in columns
            if before["reason"] != "arrived_late" and before[column] != after.get(column)
        }
        queues = frozenset(filter(None, (row.get(column) for row in (before, after) for column in _QUEUES)))
        revisions.append(
            Revision(before["id"], before["learnt_at"], before["run_id"], before["reason"], queues, changes)
        )
    return sorted(revisions, key=lambda revision: (revision.learnt_at, revision.id))


def correction_ages(warehouse: Warehouse, since: datetime) -> Ages:
    """Ages of corrections to conversations begun since then."""
    with warehouse_errors("reading the ages of corrections"):
        rows = warehouse.run(
            f"SELECT DIV(age_seconds, 60) AS minutes, COUNT(*) AS corrections FROM {warehouse.table(REVISIONS)}\n"
            "WHERE created_date >= @since AND reason IN UNNEST(@reasons) GROUP BY minutes",
            [
                bigquery.ScalarQueryParameter("since", "TIMESTAMP", since),
                bigquery.ArrayQueryParameter("reasons", "STRING", list(_CORRECTIONS)),
            ],
        )
        return Ages([(row["minutes"], row["corrections"]) for row in rows])
