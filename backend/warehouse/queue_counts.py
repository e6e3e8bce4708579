"""The SQL that moves `queue_performance`: emitted metrics as counts a half-hour, queue, channel, direction and agent.

Pure text. An `n...` metric counts by the sum of its values, a `t...` metric by the number of its events; its times are
the sum of its values in milliseconds. Buckets move by exact differences, never by counting a bucket anew.
"""

from datetime import timedelta

KEYS = ("interval_start", "queue_id", "channel", "direction", "agent_id")

# Column of the table, the emitted metric it comes from, and what is summed.
_SUM, _EVENTS = "sign * value", "sign"
FIGURES: dict[str, tuple[str, str]] = {
    "offered": ("nOffered", _SUM),
    "answered": ("tAnswered", _EVENTS),
    "answered_over_target": ("nOverSla", _SUM),
    "abandoned": ("tAbandon", _EVENTS),
    "short_abandoned": ("tShortAbandon", _EVENTS),
    "flow_out": ("tFlowOut", _EVENTS),
    "handled": ("tHandle", _EVENTS),
    "transferred": ("nTransferred", _SUM),
    "answer_time": ("tAnswered", _SUM),
    "wait_time": ("tAcd", _SUM),
    "abandon_time": ("tAbandon", _SUM),
    "talk_time": ("tTalkComplete", _SUM),
    "hold_time": ("tHeldComplete", _SUM),
    "after_call_work_time": ("tAcw", _SUM),
    "handle_time": ("tHandle", _SUM),
}

HALF_HOUR = timedelta(minutes=30)
_ANY_FIGURE = " OR ".join(f"{figure} != 0" for figure in FIGURES)


def events(source: str, sign: int, condition: str) -> str:
    """Emitted metrics of a table (or staging table) as signed events, each in its half-hour."""
    start = f"TIMESTAMP_SECONDS(DIV(UNIX_SECONDS(emitted_at), {HALF_HOUR.seconds}) * {HALF_HOUR.seconds})"
    return (
        f"SELECT {start} AS interval_start, queue_id, channel, direction, agent_id, metric, value, {sign} AS sign\n"
        f"  FROM {source}\n  WHERE {condition}"
    )


def moved(signed_events: list[str]) -> str:
    """A temporary table with the difference of every bucket that changes."""
    sums = ",\n    ".join(
        f"SUM(IF(metric = '{metric}', {summed}, 0)) AS {figure}" for figure, (metric, summed) in FIGURES.items()
    )
    union = "\n  UNION ALL\n  ".join(signed_events)
    keys = ", ".join(KEYS)
    return (
        f"CREATE TEMP TABLE moved AS\nSELECT * FROM (\n  SELECT {keys},\n    {sums}\n"
        f"  FROM (\n  {union}\n  )\n  GROUP BY {keys}\n)\nWHERE {_ANY_FIGURE}"
    )


def apply_moved(target: str, lookups: str, ranges: str) -> list[str]:
    """Statements that add `moved` to the table `target`, whose rows of interest lie in `ranges` (of alias `t`)."""
    keys, figures = ", ".join(KEYS), ", ".join(FIGURES)
    sums = ", ".join(f"SUM({figure}) AS {figure}" for figure in FIGURES)
    touched = f"{ranges}\n  AND EXISTS (SELECT 1 FROM moved AS m WHERE {_same_bucket('t', 'm')})"
    return [
        f"CREATE TEMP TABLE buckets AS\nSELECT {keys}, {sums}\nFROM (\n"
        f"  SELECT {keys}, {figures} FROM {target} AS t\n  WHERE {touched}\n"
        f"  UNION ALL\n  SELECT {keys}, {figures} FROM moved\n)\nGROUP BY {keys}",
        f"DELETE FROM {target} AS t\nWHERE {touched}",
        f"INSERT INTO {target} ({keys}, queue_name, agent_name, {figures})\n"
        f"SELECT {', '.join(f'b.{key}' for key in KEYS)}, COALESCE(q.name, b.queue_id), COALESCE(a.name, b.agent_id), "
        f"{figures}\nFROM buckets AS b\n"
        f"LEFT JOIN {lookups} AS q ON q.kind = 'queue' AND q.id = b.queue_id\n"
        f"LEFT JOIN {lookups} AS a ON a.kind = 'user' AND a.id = b.agent_id\nWHERE {_ANY_FIGURE}",
    ]


def _same_bucket(left: str, right: str) -> str:
    """NULL is a value of its own here."""
    texts = [f"COALESCE({left}.{key}, '') = COALESCE({right}.{key}, '')" for key in KEYS[1:]]
    return " AND ".join([f"{left}.interval_start = {right}.interval_start", *texts])
