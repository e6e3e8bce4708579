"""The text of the one transaction that puts a staged batch into the warehouse: pure, kept as golden files.

Ranges of constants on every partition column keep each statement to the days that the batch touches; they are as many
as needed, so that one old conversation adds its day and not the days between.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from backend.catalog import Dataset
from backend.warehouse import queue_counts
from backend.warehouse.lease import fence
from backend.warehouse.tables import (
    DETAILS,
    LOOKUPS,
    METRICS,
    QUARANTINE,
    QUEUE_PERFORMANCE,
    REFERENCES,
    REVISIONS,
    RUNS,
    STATE,
    system_columns,
)

# Older than anything that Genesys keeps.
BEGINNING = "TIMESTAMP '2000-01-01 00:00:00+00'"

type Range = tuple[datetime, datetime]
type TableName = Callable[[str], str]


class Quarantined(NamedTuple):
    """A record that could not be flattened; `id` is None where even that was unreadable."""

    id: str | None
    reason: str


class Staged(NamedTuple):
    """Two staging tables, and the half-open UTC ranges of days that their rows and events touch.

    `event_days` cover the emitted metrics of the staged conversations and of those rows that they may replace.
    """

    rows: str
    events: str
    days: Sequence[Range]
    event_days: Sequence[Range]


class Deleted(NamedTuple):
    """Stored conversations that Genesys no longer has, and the UTC days of their rows and events."""

    ids: Sequence[str]
    days: Sequence[Range]
    event_days: Sequence[Range]


class Settling(NamedTuple):
    """What the settled path remembers: its progress (None when a cycle ends) and the table of ids seen so far.

    `seen` takes the ids of a staged batch; `through` is where a finished cycle has settled everything.
    """

    progress: str | None
    seen: str
    through: datetime | None = None


class Batch(NamedTuple):
    """What one commit puts in; times are aware UTC. At most one of `staged` and `deleted` is given.

    `watermark` is None where none moves; with it goes `resume_from`, None where the span was read to its end.
    `available` is the `dataAvailabilityDate` of the job that was read, None for the query API. `released` are ids that
    leave the quarantine. `withheld_deletions` is None except where a cycle ends, so that no other batch clears its
    alert.
    """

    number: int
    staged: Staged | None
    received: int
    quarantined: Sequence[Quarantined]
    version: str
    watermark: datetime | None
    requests: int
    more: bool
    finished: bool
    forbidden_lookups: str | None = None
    available: datetime | None = None
    deleted: Deleted | None = None
    withheld_deletions: int | None = None
    released: Sequence[str] = ()
    resume_from: datetime | None = None
    settling: Settling | None = None


def commit_script(table: TableName, dataset: Dataset, batch: Batch) -> str:
    """The script; `table` gives the quoted full name of a table for its short one."""
    columns = [column.name for column in dataset.table.columns]
    statements = ["BEGIN TRANSACTION"]
    if batch.staged:
        statements.append(_verdicts(table, batch.staged))
    if batch.deleted:
        statements.append(_deleted_verdicts(table, batch.deleted))
    statements += _state(table, batch)
    if batch.staged:
        statements += _replace(table, columns, batch.staged)
        if batch.settling:
            seen = table(batch.settling.seen)
            statements.append(f"INSERT INTO {seen} (id)\nSELECT id FROM {table(batch.staged.rows)}")
    if batch.deleted:
        statements += _mark_deleted(table, columns, batch.deleted)
    if batch.quarantined or batch.released:
        statements.append(
            f"DELETE FROM {table(QUARANTINE)}\nWHERE quarantined_at >= {BEGINNING} AND id IN UNNEST(@released)"
        )
    if batch.quarantined:
        statements.append(_quarantine(table))
    statements += [
        _receipt(table, batch),
        "ASSERT @@row_count = 1 AS 'receipt missing'",
        "COMMIT TRANSACTION",
    ]
    return ";\n".join(statements) + ";\n"


def _verdicts(table: TableName, staged: Staged) -> str:
    """What each staged row means for the table, and why it is a revision (NULL where it is none).

    A settled row is replaced only by another settled one; an unsettled one that changed after the job's data became
    available is newer than what the job knows.
    """
    return f"""CREATE TEMP TABLE verdicts AS
SELECT id, created_date, verdict,
  CASE
    WHEN verdict = 'new' AND created_date >= read_since AND created_date < read_before THEN 'arrived_late'
    WHEN verdict != 'replaces' THEN NULL
    WHEN was_deleted THEN 'reappeared'
    WHEN was_open THEN 'progressed'
    WHEN later THEN 'updated'
    ELSE 'rebuilt'
  END AS reason
FROM (
  SELECT s.id, s.created_date,
    (SELECT first_start FROM {table(STATE)} WHERE id = 'extraction') AS read_since,
    (SELECT watermark FROM {table(STATE)} WHERE id = 'extraction') AS read_before,
    t.deleted_at IS NOT NULL AS was_deleted,
    t.ended_date IS NULL AS was_open,
    s.updated_date > t.updated_date AS later,
    CASE
      WHEN t.id IS NULL THEN 'new'
      WHEN t.deleted_at IS NOT NULL THEN 'replaces'
      WHEN t.settled AND NOT s.settled THEN IF(t.record_hash = s.record_hash, 'unchanged', 'superseded')
      WHEN s.settled AND NOT t.settled AND t.updated_date >= @available THEN 'superseded'
      WHEN t.record_hash = s.record_hash THEN IF(s.settled AND NOT t.settled, 'settles', 'unchanged')
      WHEN s.settled OR s.updated_date >= t.updated_date THEN 'replaces'
      ELSE 'superseded'
    END AS verdict
  FROM {table(staged.rows)} AS s
  LEFT JOIN {table(DETAILS)} AS t
    ON t.id = s.id AND {_days("t.created_date", "day", staged.days)}
)"""


def _deleted_verdicts(table: TableName, deleted: Deleted) -> str:
    return f"""CREATE TEMP TABLE verdicts AS
SELECT t.id, t.created_date, 'deleted' AS verdict, 'deleted' AS reason
FROM {table(DETAILS)} AS t
WHERE {_days("t.created_date", "day", deleted.days)}
  AND t.id IN UNNEST(@deleted) AND t.deleted_at IS NULL"""


def _state(table: TableName, batch: Batch) -> list[str]:
    touched = batch.staged or batch.deleted
    changed = f"EXISTS (SELECT 1 FROM verdicts WHERE verdict IN {_WRITTEN})" if touched else "FALSE"
    changes = [
        _later("watermark"),
        f"data_version = data_version + IF({changed}, 1, 0)",
    ]
    if batch.watermark:
        changes.append("resume_from = @resume_from")
    if batch.settling:
        changes += ["settling = @settling", _later("settled_through")]
    return fence(table(STATE), changes)


def _later(column: str) -> str:
    """Where either is NULL, the other."""
    return f"{column} = GREATEST(COALESCE({column}, @{column}), COALESCE(@{column}, {column}))"


_LOADED = "('new', 'replaces', 'settles')"
_WRITTEN = "('new', 'replaces', 'settles', 'deleted')"


def _replace(table: TableName, columns: list[str], staged: Staged) -> list[str]:
    """Revisions and counts first, while the replaced rows and events are still there."""
    changed = "id IN (SELECT id FROM verdicts WHERE verdict IN ('new', 'replaces'))"
    added = queue_counts.events(table(staged.events), 1, changed)
    statements = [
        _revisions(table, columns, staged.days),
        queue_counts.moved([added, _removed_events(table, staged.days)]),
        *_apply_moved(table, staged.event_days),
    ]
    for name, source, names in (
        (DETAILS, staged.rows, columns),
        (REFERENCES, staged.rows, list(system_columns(REFERENCES))),
        (METRICS, staged.events, list(system_columns(METRICS))),
    ):
        listed = ", ".join(names)
        statements += [
            _delete(table(name), staged.days, "('replaces', 'settles')"),
            f"INSERT INTO {table(name)} ({listed})\nSELECT {listed} FROM {table(source)}\n"
            f"WHERE id IN (SELECT id FROM verdicts WHERE verdict IN {_LOADED})",
        ]
    return statements


def _mark_deleted(table: TableName, columns: list[str], deleted: Deleted) -> list[str]:
    return [
        _revisions(table, columns, deleted.days),
        queue_counts.moved([_removed_events(table, deleted.days)]),
        *_apply_moved(table, deleted.event_days),
        _delete(table(METRICS), deleted.days, "('deleted')"),
        f"UPDATE {table(DETAILS)} AS t\nSET deleted_at = CURRENT_TIMESTAMP()\n"
        f"WHERE {_days('t.created_date', 'day', deleted.days)}\n  AND t.id IN (SELECT id FROM verdicts)",
    ]


def _delete(target: str, days: Sequence[Range], verdicts: str) -> str:
    return (
        f"DELETE FROM {target} AS t\nWHERE {_days('t.created_date', 'day', days)}\n"
        f"  AND t.id IN (SELECT id FROM verdicts WHERE verdict IN {verdicts})"
    )


def _revisions(table: TableName, columns: list[str], days: Sequence[Range]) -> str:
    """The ledger keeps each replaced row as it was; one that arrived late has no earlier self."""
    kept = [column for column in columns if column not in ("id", "created_date")]
    return f"""INSERT INTO {table(REVISIONS)} (
  learnt_at, run_id, reason, age_seconds, id, created_date, {", ".join(kept)}
)
SELECT CURRENT_TIMESTAMP(), @holder, v.reason, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), v.created_date, SECOND),
  v.id, v.created_date, {", ".join(f"t.{column}" for column in kept)}
FROM verdicts AS v
LEFT JOIN {table(DETAILS)} AS t
  ON t.id = v.id AND {_days("t.created_date", "day", days)}
WHERE v.reason IS NOT NULL"""


def _removed_events(table: TableName, days: Sequence[Range]) -> str:
    condition = (
        f"{_days('t.created_date', 'day', days)}\n"
        "    AND t.id IN (SELECT id FROM verdicts WHERE verdict IN ('replaces', 'deleted'))"
    )
    return queue_counts.events(f"{table(METRICS)} AS t", -1, condition)


def _apply_moved(table: TableName, event_days: Sequence[Range]) -> list[str]:
    ranges = _days("t.interval_start", "event_day", event_days)
    return queue_counts.apply_moved(table(QUEUE_PERFORMANCE), table(LOOKUPS), ranges)


def _days(column: str, name: str, ranges: Sequence[Range]) -> str:
    spans = [f"({column} >= @{name}_from_{i} AND {column} < @{name}_to_{i})" for i in range(len(ranges))]
    return f"({' OR '.join(spans)})" if spans else "FALSE"


def _quarantine(table: TableName) -> str:
    return f"""INSERT INTO {table(QUARANTINE)} (id, run_id, quarantined_at, reason, version)
SELECT NULLIF(id, ''), @holder, CURRENT_TIMESTAMP(), @reasons[OFFSET(position)], @version
FROM UNNEST(@ids) AS id WITH OFFSET AS position"""


def _receipt(table: TableName, batch: Batch) -> str:
    def counted(verdicts: str) -> str:
        touched = batch.staged or batch.deleted
        return f"(SELECT COUNTIF(verdict IN {verdicts}) FROM verdicts)" if touched else "0"

    return f"""UPDATE {table(RUNS)}
SET status = @status, finished_at = IF(@finished, CURRENT_TIMESTAMP(), NULL), watermark = @watermark, more = @more,
  genesys_requests = @requests, forbidden_lookups = COALESCE(@forbidden, forbidden_lookups),
  records_processed = records_processed + @received,
  quarantined = quarantined + @quarantined,
  loaded = loaded + {counted(_LOADED)},
  unchanged = unchanged + {counted("('unchanged')")},
  superseded = superseded + {counted("('superseded')")},
  deleted = deleted + {counted("('deleted')")},
  withheld_deletions = @withheld
WHERE run_id = @holder AND started_at = @started_at"""
