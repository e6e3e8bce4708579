"""What the commands that run work under the lease need, made from the environment."""

import click

from backend.catalog import load_catalog
from backend.extraction.context import Answer, Tools, Work, make_tools
from backend.extraction.runs import RunFailedError, perform
from backend.settings import load_settings
from backend.warehouse.client import Warehouse


def tools_at_hand() -> Tools:
    """Raises `SettingsError` or `SchemaFileError`."""
    settings = load_settings()
    return make_tools(settings, load_catalog(), Warehouse(settings))


def run_now(tools: Tools, task: str, work: Work) -> Answer:
    """Runs the work; one line says why where it cannot."""
    try:
        answer = perform(tools, task, work)
    except RunFailedError as failure:
        raise click.ClickException(f"{failure.run_id} failed ({failure.error.code}): {failure.error}") from None
    if answer.status == "skipped":
        raise click.ClickException("Another run holds the lease. Nothing was changed; try again when it has ended.")
    return answer
