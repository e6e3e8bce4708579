"""The whole way once: what the scheduler calls, then what Looker Studio calls, through the real Apps Script files."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from rich.table import Table

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.chart import Table as ChartTable
from sandbox.looker.host import LookerStudio
from sandbox.stack import Stack
from sandbox.steps import Steps

CONNECTOR = Path(__file__).resolve().parents[1] / "connector_apps_script"
DIMENSIONS = ("created_day_utc", "channel")
METRICS = ("interactions", "avg_wait_time_sec", "avg_talk_time_sec")
_LEASE_WAIT_SECONDS = 150


class TaskFailedError(Exception):
    """A task of the backend failed; says what it answered."""


def run_tasks(stack: Stack, steps: Steps) -> None:
    """Lookups and extraction, until nothing more is due."""
    with steps.step("Lookups"):
        _task(stack, "lookups")
    with steps.step("Extraction") as remarks:
        received, more = 0, True
        while more:
            answer = _task(stack, "extract")
            received, more = received + answer["recordsProcessed"], answer["more"]
        remarks.append(f"{received} conversations up to {answer['watermark']}")


def _task(stack: Stack, name: str) -> dict[str, Any]:
    """One run; a lease that an earlier, killed run left behind is waited for."""
    deadline = time.monotonic() + _LEASE_WAIT_SECONDS
    while True:
        answer = requests.get(
            f"{stack.backend_url}/tasks/{name}",
            headers={"Authorization": f"Bearer {stack.keys.tasks}"},
            timeout=stack.settings["RUN_DEADLINE_SECONDS"] + 60,
        )
        body: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise TaskFailedError(f"/tasks/{name} failed: {body['error']['message']} ({body['error']['requestId']})")
        if body["status"] == "ok":
            return body
        if time.monotonic() > deadline:
            raise TaskFailedError(f"/tasks/{name}: another run has held the lease for {_LEASE_WAIT_SECONDS} s")
        time.sleep(1)


def ask_connector(stack: Stack, steps: Steps, script: AppsScript) -> ChartTable:
    """Adds a data source as a report builder does and asks for a chart of the last seven days and today."""
    with steps.step("Apps Script: getAuthType, setCredentials, getConfig, getSchema") as remarks:
        source = LookerStudio(script).add_data_source(key=stack.keys.connector)
        remarks.append(f"{len(source.schema)} fields")
    with steps.step("Apps Script: getData") as remarks:
        table = source.chart(DIMENSIONS, METRICS, last_days(datetime.now(UTC).date()))
        remarks.append(f"{len(table.rows)} rows")
    return table


def connector_script(stack: Stack) -> AppsScript:
    return AppsScript(CONNECTOR, {"BACKEND_URL": stack.backend_url})


def last_days(today: date) -> tuple[date, date]:
    """The seven days before today, and today."""
    return today - timedelta(days=7), today


def printable(table: ChartTable) -> Table:
    """The chart's cells for a terminal."""
    shown = Table(title="Interactions by day and channel (UTC)", title_justify="left")
    for field in table.fields:
        shown.add_column(field.label, justify="right" if field.is_metric else "left")
    for row in table.rows:
        shown.add_row(*(_text(cell) for cell in row))
    return shown


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
    return "-" if value is None else str(value)
