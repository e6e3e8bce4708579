"""Roads from a result's columns to the JSON body, against the floor of dumping rows that are ready."""

import json
import statistics
import time
from collections.abc import Callable, Iterator

import orjson
import pyarrow as pa

from backend.forms import number_text
from backend.serving.bodies import data_body
from backend.serving.rows import rows_of_arrow
from benchmarks.stage import interactions

_COLUMNS = ("channel", "queue_name", "agent_name", "disposition_code", "wait_time", "talk_time")
_BATCH_ROWS, _ROUNDS = 20_000, 5


def paths_of(sizes: tuple[int, ...]) -> Iterator[str]:
    """Lines of a table: median milliseconds of each road, and how many times the floor."""
    yield "| rows | floor: orjson of ready rows | this service, gzip included | tuples + orjson | dicts + json |"
    yield "| --- | --- | --- | --- | --- |"
    for rows in sizes:
        table = interactions(rows).select(_COLUMNS)
        ready = _as_tuples(table)
        least = _median(lambda: orjson.dumps(ready))  # noqa: B023
        cells = [
            f"{took:.0f} ms, {took / least:.1f}"
            for took in (
                _median(lambda: _ours(table)),  # noqa: B023
                _median(lambda: orjson.dumps(_as_tuples(table))),  # noqa: B023
                _median(lambda: json.dumps(_as_dicts(table))),  # noqa: B023
            )
        ]
        yield f"| {rows:,} | {least:.0f} ms | {' | '.join(cells)} |"


def _ours(table: pa.Table) -> bytes:
    batches = table.to_batches(max_chunksize=_BATCH_ROWS)
    return data_body([], map(rows_of_arrow, batches), filters_applied=True, limit=1 << 30).compressed


def _as_tuples(table: pa.Table) -> list[tuple[object, ...]]:
    columns = [column.to_pylist() for column in table.columns]
    written = [[number_text(value) for value in column] if i > 3 else column for i, column in enumerate(columns)]
    return list(zip(*written, strict=True))


def _as_dicts(table: pa.Table) -> list[dict[str, list[object]]]:
    return [
        {"values": [value if isinstance(value, str) else number_text(value) for value in row.values()]}
        for row in table.to_pylist()
    ]


def _median(action: Callable[[], object]) -> float:
    took = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return 1_000 * statistics.median(took)
