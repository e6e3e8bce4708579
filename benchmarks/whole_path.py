"""From Genesys's pages to committed rows: `python -m benchmarks.whole_path`.

A detail job is read over HTTP without a rate limit, flattened, staged as Parquet and committed to an embedded BigQuery.
Prints conversations a second, where the time goes, and how much memory grows with ten times the conversations; each
size runs in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any
from unittest.mock import patch

from backend.catalog import load_catalog
from backend.extraction.backfill import backfill_day
from backend.extraction.context import make_tools
from backend.extraction.events import events_table
from backend.extraction.gathering import Gathered
from backend.extraction.rows import RowMapping
from backend.extraction.runs import perform
from backend.genesys.transport import Transport
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import commit, stored_event_days
from backend.warehouse.staging import drop_staging, stage
from benchmarks.pages import job_pages_of, served
from sandbox.bigquery import LocalBigQuery

_CACHE = Path(__file__).parents[1] / ".local" / "cache"
_PAGES_OF, _KILOBYTES = 5_000, 9.0
_DAY = date(2024, 5, 15)
# Most growth of memory from the smaller to the larger size.
_FLAT = 1.3
_MOST_MIB = 150


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole way of a backfilled day.")
    parser.add_argument("--one", type=int, help="measure this many conversations in this process, print JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_measure(options.one)))
        return
    sizes = {size: _in_own_process(size) for size in (30_000, 20_000, 200_000)}
    speed = sizes[30_000]
    print(f"30,000 conversations of {_KILOBYTES} KB: {30_000 / speed['seconds']:,.0f} a second")
    for phase, seconds in speed["phases"].items():
        print(f"  {phase:30} {seconds / speed['seconds']:6.1%}")
    small, large = sizes[20_000]["mib"], sizes[200_000]["mib"]
    print(
        f"memory over the idle process: {small:.0f} MiB for 20,000, {large:.0f} MiB for 200,000 ({large / small:.2f} x)"
    )
    raise SystemExit(large / small > _FLAT or large > _MOST_MIB)


def _in_own_process(size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.whole_path", "--one", str(size)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


def _measure(size: int) -> dict[str, Any]:
    with ExitStack() as exits:
        folder = exits.enter_context(tempfile.TemporaryDirectory())
        engine = exits.enter_context(LocalBigQuery(Path(folder), "benchmark", _CACHE))
        pages = job_pages_of(_PAGES_OF, _KILOBYTES)
        url = exits.enter_context(served(pages, size // _PAGES_OF))
        del pages
        settings = _settings(engine.host, url)
        tools = make_tools(settings, load_catalog(), Warehouse(settings))
        perform(tools, "backfill", lambda _context: iter(()))
        phases: dict[str, float] = defaultdict(float)
        idle = _reset_peak()
        begun = time.perf_counter()
        with _timed(phases):
            answer = perform(tools, "backfill", backfill_day(_DAY))
        seconds = time.perf_counter() - begun
    if answer.records_processed != size:
        raise SystemExit(f"{answer.records_processed} conversations were read, not {size}")
    phases["lease, state, receipts, alerts"] = seconds - sum(phases.values())
    return {
        "seconds": seconds,
        "phases": dict(sorted(phases.items(), key=itemgetter(1), reverse=True)),
        "mib": _peak() - idle,
    }


@contextmanager
def _timed(phases: dict[str, float]) -> Iterator[None]:
    """Adds up the seconds of the steps of loading."""

    def wrapped(function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                phases[phase] += time.perf_counter() - begun

        return timed

    with (
        patch.object(Transport, "send", wrapped(Transport.send, "HTTP")),
        patch.object(Gathered, "take", wrapped(Gathered.take, "decode, flatten")),
        patch("backend.extraction.loading.stored_event_days", wrapped(stored_event_days, "days of replaced events")),
        patch("backend.extraction.loading.drop_staging", wrapped(drop_staging, "dropping staging tables")),
        patch.object(RowMapping, "table", wrapped(RowMapping.table, "rows to Arrow")),
        patch("backend.extraction.loading.events_table", wrapped(events_table, "events to Arrow")),
        patch("backend.extraction.loading.stage", wrapped(stage, "Parquet and load job")),
        patch("backend.extraction.loading.commit", wrapped(commit, "commit")),
    ):
        yield


def _settings(bigquery: str, genesys: str) -> Settings:
    environment = {
        "genesys_api_url": genesys,
        "genesys_login_url": genesys,
        "genesys_client_id": "none",
        "genesys_client_secret": "none",
        "genesys_requests_per_minute": 100_000,
        "run_deadline_seconds": 3_600,
        "bigquery_project": "benchmark",
        "bigquery_dataset": "genesys",
        "bigquery_emulator_host": bigquery,
        "connector_api_keys": f"none:{'0' * 64}",
        "tasks_key": "none",
        "secret_key": "none",
    }
    return Settings.model_validate(environment)


def _reset_peak() -> float:
    """Forgets the peak so far; returns what is in use now, in MiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
