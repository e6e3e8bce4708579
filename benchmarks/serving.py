"""How quickly and in how much memory charts are answered, each figure beside the floor measured in the same run.

`python -m benchmarks.serving [--rows N] [--seconds S]` starts an embedded BigQuery and the service under gunicorn, and
prints the table. The floor of an answer is the engine's own time for its SQL plus `orjson.dumps` of its ready rows.
Read ratios, not milliseconds: the engine shares the machine with everything else.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import requests
from flask import Flask, jsonify
from google.cloud import bigquery

from backend.catalog import load_catalog
from backend.serving.config import read_config
from backend.serving.queries import statement_parameter
from backend.serving.request import DataRequest, read_body
from backend.serving.selection import read_selection
from backend.serving.sql import build_query
from benchmarks.paths import paths_of
from benchmarks.ready import BODY_FILE
from benchmarks.rollup import rollup_lines
from benchmarks.stage import Service, Stage, service, stage

CLIENTS = 8
_FLASK = Flask("by rows")
MONTH = ("2024-03-01", "2024-03-31")


def chart(*names: str, days: tuple[str, str] = MONTH, **params: str) -> dict[str, Any]:
    return {
        "configParams": params,
        "dateRange": {"startDate": days[0], "endDate": days[1]},
        "fields": [{"name": name} for name in names],
    }


SMALL = chart("created_day_utc", "queue_name", "interactions", "wait_time_sec", days=("2024-03-01", "2024-03-13"))
STARTER = {
    "scorecard": chart("interactions", "abandoned", "wait_time_sec", "wait_count"),
    "by day": chart("created_day_utc", "interactions", "abandoned"),
    "by channel": chart("channel", "interactions", "handle_time_sec", "handle_count"),
    "by queue": chart("queue_name", "interactions", "wait_time_sec", "wait_count"),
    "day by channel": chart("created_day_utc", "channel", "interactions"),
    "by agent": chart("agent_name", "interactions", "handle_time_sec", "handle_count"),
    "hour of the week": chart("day_of_week_local", "hour_of_day_local", "interactions", timeZone="Europe/Berlin"),
}


class Figures(NamedTuple):
    """Of one kind of answer: requests a second with `CLIENTS` clients, and quantiles in milliseconds."""

    rate: float
    p50: float
    p95: float


def large(rows: int, of: Stage) -> dict[str, Any]:
    """About that many single interactions of six columns."""
    days = max(1, min(31, round(31 * rows / of.rows)))
    names = ("created_date_utc", "channel", "queue_name", "agent_name", "wait_time_sec", "talk_time_sec")
    return chart(*names, days=(MONTH[0], f"2024-03-{days:02}"), detail="interaction")


def measure(of: Service, body: dict[str, Any], seconds: float) -> Figures:
    """Several clients ask over HTTP; the first requests do not count."""
    for _ in range(2 * CLIENTS):  # until each worker has answered
        of.data(body, requests.Session())
    return under_load(lambda session: of.packed(body, session), seconds)


def under_load(action: Callable[[requests.Session], object], seconds: float) -> Figures:
    """Several clients do the same again and again."""
    end = time.perf_counter() + seconds

    def client(_: int) -> list[float]:
        took: list[float] = []
        with requests.Session() as session:
            while not took or time.perf_counter() < end:
                began = time.perf_counter()
                action(session)
                took.append(time.perf_counter() - began)
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        took = sorted(duration for client_took in pool.map(client, range(CLIENTS)) for duration in client_took)
    spent = time.perf_counter() - began
    return Figures(len(took) / spent, 1_000 * statistics.median(took), 1_000 * took[int(0.95 * (len(took) - 1))])


def alone(action: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of one after the other."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return 1_000 * statistics.median(took)


class Floor(NamedTuple):
    """The engine's own time for the SQL, as its jobs say, and `orjson.dumps` of the ready rows."""

    single: float
    loaded: Figures


def floor(of: Stage, body: dict[str, Any], answer: bytes, seconds: float) -> Floor:
    ready = orjson.loads(answer)["rows"]
    took: list[float] = []
    for _ in range(5):
        job = run(of, body)
        took.append((job.ended - job.started).total_seconds() * 1_000)
    single = statistics.median(took) + alone(lambda: orjson.dumps(ready), 5)

    def once(_: requests.Session) -> None:
        run(of, body)
        orjson.dumps(ready)

    return Floor(single, under_load(once, seconds))


def by_rows(of: Stage, body: dict[str, Any]) -> None:
    """The usual way: the client's rows, each a dictionary, by Flask's `jsonify`."""
    rows = run(of, body).result()
    with _FLASK.app_context():
        jsonify(rows=[dict(row.items()) for row in rows])


def run(of: Stage, body: dict[str, Any]) -> bigquery.QueryJob:
    """The chart's SQL as a job that is done."""
    request = read_body(DataRequest, orjson.dumps(body))
    selection = read_selection(request, read_config(request.config_params, load_catalog()))
    query = build_query(selection, of.warehouse.table(selection.dataset.table_name))
    config = bigquery.QueryJobConfig(query_parameters=[statement_parameter(item) for item in query.parameters])
    job = of.warehouse.client.query(query.text, job_config=config)
    while not job.done():
        time.sleep(0.005)
    return job


def answer_lines(of: Stage, seconds: float) -> Iterator[str]:
    """In brackets the share of the floor's rate, and how many times the floor's milliseconds."""
    yield "| answer | requests/s | p50 ms | p95 ms | one client, ms | Row + jsonify, ms |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, body in (("500 rows", SMALL), ("50,000 rows", large(50_000, of))):
        with service(of) as running, requests.Session() as session:
            answer, packed = running.data(body, session).content, running.packed(body, session)
        least, usual = floor(of, body, answer, seconds), alone(lambda: by_rows(of, body), 3)  # noqa: B023
        rate, p50, p95 = least.loaded
        yield f"| *floor, {name}* | {rate:.1f} | {p50:.1f} | {p95:.1f} | {least.single:.1f} | {usual:.0f} |"
        for kind, cache_seconds in (("cold", "0"), ("warm", "3600")):
            with service(of, CACHE_SECONDS=cache_seconds) as running, requests.Session() as session:
                figures = measure(running, body, seconds)
                single = alone(lambda: running.packed(body, session), 7)  # noqa: B023
            yield f"| {name}, {kind} | {_beside(figures, single, least)} | {usual / single:.1f} times ours |"
        yield f"| {name}, packed bytes without Flask | {_ready(of, body, packed, seconds).rate:.1f} | | | | |"


def _beside(figures: Figures, single: float, least: Floor) -> str:
    times = [(figures.p50, least.loaded.p50), (figures.p95, least.loaded.p95), (single, least.single)]
    cells = [f"{figures.rate:.1f} ({figures.rate / least.loaded.rate:.2f})"]
    return " | ".join([*cells, *(f"{ours:.1f} ({ours / theirs:.2f})" for ours, theirs in times)])


def _ready(of: Stage, body: dict[str, Any], answer: bytes, seconds: float) -> Figures:
    with tempfile.NamedTemporaryFile() as file:
        file.write(answer)
        file.flush()
        with service(of, "benchmarks.ready:app", **{BODY_FILE: file.name}) as running:
            return measure(running, body, seconds)


def pushdown_lines(of: Stage) -> Iterator[str]:
    yield "| starter chart | rows | bytes | bytes of its single rows | fewer by |"
    yield "| --- | --- | --- | --- | --- |"
    with service(of, CACHE_SECONDS="0", MAX_ANSWER_BYTES="50000000") as running, requests.Session() as session:
        for name, body in STARTER.items():
            answer = running.data(body, session).content
            one_day = body | {"dateRange": {"startDate": MONTH[0], "endDate": MONTH[0]}}
            one_day["configParams"] = body["configParams"] | {"detail": "interaction"}
            single = len(running.data(one_day, session).content) * 31
            rows = len(orjson.loads(answer)["rows"])
            yield f"| {name} | {rows:,} | {len(answer):,} | {single:,} | {single / len(answer):,.0f} |"


def memory_lines(of: Stage) -> Iterator[str]:
    yield "| rows of one column | growth of the worker's peak, MiB | seconds |"
    yield "| --- | --- | --- |"
    with service(of, CACHE_SECONDS="0", GUNICORN_CMD_ARGS="--workers 1") as running, requests.Session() as session:
        body = chart("created_hour_utc", detail="interaction")
        running.data(body | {"dateRange": {"startDate": MONTH[0], "endDate": MONTH[0]}}, session)
        for rows in (10_000, 100_000, 1_000_000):
            if rows > of.rows:
                continue
            last = max(1, round(31 * rows / of.rows))
            asked = body | {"dateRange": {"startDate": MONTH[0], "endDate": f"2024-03-{last:02}"}}
            [worker] = running.worker_pids()
            Path(f"/proc/{worker}/clear_refs").write_text("5")
            before, began = _resident(worker, "VmRSS"), time.perf_counter()
            running.packed(asked, session)
            spent = time.perf_counter() - began
            yield f"| {rows:,} | {(_resident(worker, 'VmHWM') - before) / 1024:+.0f} | {spent:.1f} |"


def _resident(pid: int, name: str) -> int:
    """Kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"no {name}")


def together_lines(of: Stage) -> Iterator[str]:
    """Ten charts of a report that opens: none should wait for the others more than the engine makes it."""
    charts = [*STARTER.values(), SMALL, chart("direction", "interactions"), chart("outcome", "interactions")]
    with service(of, CACHE_SECONDS="0") as running:
        sessions = [requests.Session() for _ in charts]
        for session in sessions:
            running.data(chart("interactions", days=(MONTH[0], MONTH[0])), session)
        opened = [_together(lambda pair: running.packed(*pair), list(zip(charts, sessions, strict=True)))]
        least = [_together(lambda body: run(of, body), charts)]
        opened.append(_together(lambda pair: running.packed(*pair), list(zip(charts, sessions, strict=True))))
        least.append(_together(lambda body: run(of, body), charts))
    spent, engine = min(opened), min(least)
    yield f"Ten charts at once: {spent:.0f} ms; the same ten statements at once on the engine alone: {engine:.0f} ms"
    yield f"(ratio {spent / engine:.2f})."


def _together[T](action: Callable[[T], object], items: list[T]) -> float:
    """Milliseconds until the last of all at once is done."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(action, items))
    return 1_000 * (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="conversations in the warehouse")
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement under load")
    options = parser.parse_args()
    print("\n## From columns to the body, in this process\n")
    for line in paths_of((10_000, 100_000, 500_000)):
        print(line, flush=True)
    with stage(options.rows) as ready:
        sections: dict[str, Callable[[], Iterator[str]]] = {
            f"Answers over HTTP, {CLIENTS} clients, {options.rows:,} conversations": lambda: answer_lines(
                ready, options.seconds
            ),
            "A report that opens": lambda: together_lines(ready),
            "Bytes against not pushing down": lambda: pushdown_lines(ready),
            "Memory": lambda: memory_lines(ready),
            "A roll-up for interaction_details": lambda: rollup_lines(ready.warehouse, options.rows),
        }
        for title, lines in sections.items():
            print(f"\n## {title}\n")
            for line in lines():
                print(line, flush=True)


if __name__ == "__main__":
    main()
