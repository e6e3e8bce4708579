"""Our queue counts beside Genesys's own, and what came of comparing them (`extraction_tie_out`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from google.cloud import bigquery

from backend.warehouse import queue_counts
from backend.warehouse.client import Warehouse, warehouse_errors
from backend.warehouse.tables import LONGEST_LIFE, METRICS, QUEUE_PERFORMANCE, TIE_OUT

# The metric of a summary that compares our counts with our own events.
RECOUNT = "recount"


class OurTotal(NamedTuple):
    """One half-hour, queue and channel: figures by column of `queue_performance`."""

    interval_start: datetime
    queue_id: str | None
    channel: str | None
    figures: dict[str, int]


class Difference(NamedTuple):
    """One number that Genesys and we do not agree on; `figure` is `count` or `sum` (milliseconds)."""

    interval_start: datetime
    queue_id: str | None
    channel: str | None
    metric: str
    figure: str
    genesys: int
    ours: int


class Summary(NamedTuple):
    """One metric of one compared day: counts over all queues, and in how many places they differ."""

    day: datetime
    metric: str
    genesys: int
    ours: int
    different: int
    checked_at: datetime


def our_totals(warehouse: Warehouse, day: datetime) -> list[OurTotal]:
    """What `queue_performance` holds of a UTC day."""
    figures = ", ".join(f"SUM({figure}) AS {figure}" for figure in queue_counts.FIGURES)
    with warehouse_errors("reading the queue counts"):
        rows = warehouse.run(
            f"SELECT interval_start, queue_id, channel, {figures}\nFROM {warehouse.table(QUEUE_PERFORMANCE)}\n"
            "WHERE interval_start >= @start AND interval_start < @end\nGROUP BY interval_start, queue_id, channel",
            _day(day),
        )
        return [
            OurTotal(
                row["interval_start"],
                row["queue_id"],
                row["channel"],
                {figure: row[figure] for figure in queue_counts.FIGURES},
            )
            for row in rows
        ]


def recount(warehouse: Warehouse, day: datetime) -> int:
    """In how many places `queue_performance` of a UTC day is not what its stored events count anew."""
    counted = queue_counts.events(
        warehouse.table(METRICS), 1, "created_date >= @earliest AND emitted_at >= @start AND emitted_at < @end"
    )
    kept = ", ".join([*queue_counts.KEYS, *queue_counts.FIGURES])
    stored = (
        f"SELECT {kept} FROM {warehouse.table(QUEUE_PERFORMANCE)} "
        "WHERE interval_start >= @start AND interval_start < @end"
    )
    with warehouse_errors("recounting queue performance"):
        rows = warehouse.run(
            f"{queue_counts.moved([counted])};\nSELECT COUNT(*) AS different FROM (\n"
            f"  SELECT DISTINCT {', '.join(queue_counts.KEYS)} FROM (\n"
            f"    (SELECT {kept} FROM moved EXCEPT DISTINCT {stored})\n"
            f"    UNION ALL\n    ({stored} EXCEPT DISTINCT SELECT {kept} FROM moved)\n  )\n)",
            [*_day(day), bigquery.ScalarQueryParameter("earliest", "TIMESTAMP", day - LONGEST_LIFE)],
        )
        return int(next(iter(rows))["different"])


def explaining_ids(warehouse: Warehouse, difference: Difference, *, most: int = 500) -> list[str]:
    """Conversations of ours that took part in a number that differs."""
    scalar = bigquery.ScalarQueryParameter
    with warehouse_errors("looking for conversations that explain a difference"):
        rows = warehouse.run(
            f"SELECT DISTINCT id FROM {warehouse.table(METRICS)}\n"
            "WHERE created_date >= @earliest AND created_date < @end AND emitted_at >= @start AND emitted_at < @end\n"
            "  AND metric = @metric AND COALESCE(queue_id, '') = @queue AND COALESCE(channel, '') = @channel\n"
            "ORDER BY id LIMIT @most",
            [
                scalar("earliest", "TIMESTAMP", difference.interval_start - LONGEST_LIFE),
                scalar("start", "TIMESTAMP", difference.interval_start),
                scalar("end", "TIMESTAMP", difference.interval_start + queue_counts.HALF_HOUR),
                scalar("metric", "STRING", difference.metric),
                scalar("queue", "STRING", difference.queue_id or ""),
                scalar("channel", "STRING", difference.channel or ""),
                scalar("most", "INT64", most),
            ],
        )
        return [row["id"] for row in rows]


def store_comparison(
    warehouse: Warehouse, day: datetime, summaries: Sequence[Summary], differences: Sequence[Difference]
) -> None:
    """Replaces what was stored of that day by what was found now."""
    table = warehouse.table(TIE_OUT)
    arrays: list[bigquery.ArrayQueryParameter] = []
    rows = [*map(_summary_row, summaries), *map(_difference_row, differences)]
    for position, (name, kind) in enumerate(_COLUMNS.items()):
        arrays.append(bigquery.ArrayQueryParameter(name, kind, [row[position] for row in rows]))
    columns = ", ".join(_COLUMNS)
    values = ", ".join(
        f"NULLIF(@{name}[OFFSET(i)], '')" if kind == "STRING" else f"@{name}[OFFSET(i)]"
        for name, kind in _COLUMNS.items()
    )
    with warehouse_errors("storing a comparison"):
        warehouse.run(
            f"BEGIN TRANSACTION;\nDELETE FROM {table} WHERE interval_start >= @start AND interval_start < @end;\n"
            f"INSERT INTO {table} ({columns}, checked_at)\n"
            f"SELECT {values}, CURRENT_TIMESTAMP() FROM UNNEST(@metric) WITH OFFSET AS i;\nCOMMIT TRANSACTION;",
            [*_day(day), *arrays],
        )


_COLUMNS = {
    "interval_start": "TIMESTAMP",
    "queue_id": "STRING",
    "channel": "STRING",
    "metric": "STRING",
    "figure": "STRING",
    "genesys": "INT64",
    "ours": "INT64",
    "different": "INT64",
}


def _summary_row(summary: Summary) -> tuple[object, ...]:
    return (summary.day, "", "", summary.metric, "day", summary.genesys, summary.ours, summary.different)


def _difference_row(found: Difference) -> tuple[object, ...]:
    place = (found.interval_start, found.queue_id or "", found.channel or "")
    return (*place, found.metric, found.figure, found.genesys, found.ours, 1)


def read_summaries(warehouse: Warehouse, since: datetime) -> list[Summary]:
    """One row a compared day and metric, of days since then."""
    with warehouse_errors("reading the comparisons"):
        rows = warehouse.run(
            "SELECT interval_start AS day, metric, genesys, ours, different, checked_at\n"
            f"FROM {warehouse.table(TIE_OUT)}\n"
            "WHERE interval_start >= @since AND figure = 'day' ORDER BY day, metric",
            [bigquery.ScalarQueryParameter("since", "TIMESTAMP", since)],
        )
        return [Summary(**dict(row.items())) for row in rows]


def _day(day: datetime) -> list[bigquery.ScalarQueryParameter]:
    return [
        bigquery.ScalarQueryParameter("start", "TIMESTAMP", day),
        bigquery.ScalarQueryParameter("end", "TIMESTAMP", day + timedelta(days=1)),
    ]
