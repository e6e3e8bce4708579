"""Whether a roll-up of single interactions would pay: how many fewer rows and bytes the starter report would read."""

from collections.abc import Iterator

from backend.warehouse.client import Warehouse

# A quarter of an hour, since the days of some zones begin 30 or 45 minutes off the hour of UTC.
_BUCKET_SECONDS = 900
_MEASURES = 13

# The bucket with the dimensions that a report filters and groups by: the fewest that answer the starter report, those
# of a report by team and disposition, and all that are served.
_GRAINS = {
    "starter report (channel, queue, agent)": ("channel", "queue_name", "agent_name"),
    "with direction and disposition": ("channel", "queue_name", "agent_name", "direction", "disposition_code"),
    "every dimension": (
        *("channel", "queue_name", "agent_name", "direction", "disposition_code"),
        *("skill_name", "team_name", "location_name", "outcome"),
    ),
    "channel and queue": ("channel", "queue_name"),
    "channel alone": ("channel",),
}
# Columns that a chart reads of each: the bucket's or conversation's moment, one dimension, two measures, and, of single
# rows, the mark of deletion.
_READ_OF_DETAILS, _READ_OF_ROLLUP = 5, 4


def rollup_lines(warehouse: Warehouse, rows: int) -> Iterator[str]:
    """Lines of a table: rows of each roll-up, and how much less a chart would read from it."""
    yield f"A row holds its {_BUCKET_SECONDS // 60} minutes, its dimensions and {_MEASURES} sums.\n"
    yield "| grain of 15 minutes | rows | of single rows | reads less by |"
    yield "| --- | --- | --- | --- |"
    for name, columns in _GRAINS.items():
        buckets = _buckets(warehouse, columns)
        less = rows * _READ_OF_DETAILS / (buckets * _READ_OF_ROLLUP)
        yield f"| {name} | {buckets:,} | {buckets / rows:.0%} | {less:.1f} |"


def _buckets(warehouse: Warehouse, columns: tuple[str, ...]) -> int:
    keys = ", ".join([f"DIV(UNIX_SECONDS(created_date), {_BUCKET_SECONDS})", *columns])
    table = warehouse.table("interaction_details")
    rows = warehouse.run(
        f"SELECT COUNT(*) AS buckets FROM (SELECT {keys} FROM {table} "
        f"WHERE created_date >= TIMESTAMP '2024-03-01' AND created_date < TIMESTAMP '2024-04-01' "
        f"GROUP BY {', '.join(str(position + 1) for position in range(len(columns) + 1))})"
    )
    return int(next(iter(rows))["buckets"])
