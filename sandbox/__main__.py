"""`python -m sandbox [--once]`: starts everything, shows one chart's table, stays up until Ctrl-C."""

import argparse
import fcntl
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from sandbox.demonstration import CONNECTOR, TaskFailedError, ask_connector, connector_script, printable, run_tasks
from sandbox.looker.errors import ConnectorError, InvalidCredentialsError, ProtocolError
from sandbox.stack import ProcessError, Stack, running_stack
from sandbox.steps import Steps

LOCAL = Path(__file__).resolve().parents[1] / ".local"
RUN_FILE = LOCAL / "run.json"
_FAILURES = (
    ConnectorError,
    InvalidCredentialsError,
    OSError,
    ProcessError,
    ProtocolError,
    RuntimeError,
    TaskFailedError,
    ValueError,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole chain on this machine")
    parser.add_argument("--once", action="store_true", help="end after the table instead of staying up")
    once = parser.parse_args().once
    console = Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with only_one(LOCAL), running_stack(LOCAL, Steps(console)) as stack:
            show(stack, Steps(console), once=once)
    except KeyboardInterrupt:
        sys.exit(0)
    except _FAILURES as error:
        console.print(f"Failed: {error}", markup=False, highlight=False, style="red")
        sys.exit(1)


@contextmanager
def only_one(local: Path) -> Iterator[None]:
    """One sandbox a folder; the file that tells its addresses is there only while it is up."""
    local.mkdir(exist_ok=True)
    with (local / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"another sandbox runs in {local}; its addresses are in {RUN_FILE.name} there") from None
        RUN_FILE.unlink(missing_ok=True)
        try:
            yield
        finally:
            RUN_FILE.unlink(missing_ok=True)


def show(stack: Stack, steps: Steps, *, once: bool) -> None:
    """Runs the tasks, prints the chart's table and the addresses, and waits unless it is for once."""
    run_tasks(stack, steps)
    table = ask_connector(stack, steps, connector_script(stack))
    steps.console.print(printable(table))
    write_run_file(stack)
    steps.console.print(
        f"Backend           {stack.backend_url}\nGenesys Cloud     {stack.genesys_url}\n"
        f"BigQuery          {stack.bigquery_host}\nKeys, addresses   {RUN_FILE.relative_to(LOCAL.parent)}",
        highlight=False,
    )
    if once:
        return
    steps.console.print("Everything is up; Ctrl-C ends it.")
    while True:
        time.sleep(1)
        stack.check()


def write_run_file(stack: Stack) -> None:
    """The addresses and keys for other programs: readable by its owner alone, and whole at once."""
    content = {
        "backend": {"url": stack.backend_url, "tasksKey": stack.keys.tasks, "settings": dict(stack.settings)},
        "connector": {"path": str(CONNECTOR), "key": stack.keys.connector},
        "bigquery": {
            "host": stack.bigquery_host.split("://")[-1],
            "storageHost": stack.storage_host,
            "project": stack.settings["BIGQUERY_PROJECT"],
            "dataset": stack.settings["BIGQUERY_DATASET"],
        },
        "genesys": {"url": stack.genesys_url},
        "preview": {"url": None},
    }
    # A temporary file is made with mode 0600.
    with tempfile.NamedTemporaryFile("w", dir=LOCAL, delete=False) as file:
        json.dump(content, file, indent=2)
    os.replace(file.name, RUN_FILE)


if __name__ == "__main__":
    main()
