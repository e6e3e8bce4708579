"""`resync`, `quarantine retry`, `rebuild queue-performance`: what an operator does when something went wrong."""

import click

from backend.cli.tools import run_now, tools_at_hand
from backend.extraction.repair import rebuild_counts, resync, retry_quarantine
from backend.forms import rfc3339
from backend.warehouse.maintenance import quarantined_ids
from backend.warehouse.state import read_state


@click.command("resync")
@click.option("--yes", is_flag=True, help="Clear the watermark instead of only saying what would happen.")
def resync_history(yes: bool) -> None:
    """Clears the watermark, so that the next extraction reads all history again; unchanged rows stay as they are."""
    tools = tools_at_hand()
    state = read_state(tools.warehouse)
    click.echo(
        f"The watermark {rfc3339(state.watermark) or '(none)'} would be cleared; the next extraction would read from "
        f"{rfc3339(state.first_start) or 'the first start'} on, over as many runs as it needs."
    )
    if not yes:
        click.echo("Nothing was changed. Add --yes to clear it.")
        return
    run_now(tools, "resync", resync)
    click.echo("Cleared. GET /tasks/extract, or the scheduler, begins the reading.")


@click.group("quarantine")
def quarantine() -> None:
    """Records that could not be flattened."""


@quarantine.command("retry")
def retry() -> None:
    """Reads quarantined conversations again by id and loads those that can be flattened now."""
    tools = tools_at_hand()
    before = quarantined_ids(tools.warehouse)
    if before:
        run_now(tools, "quarantine", retry_quarantine)
    after = quarantined_ids(tools.warehouse)
    click.echo(f"{len(before) - len(after)} of {len(before)} left the quarantine, {len(after)} remain.")


@click.group("rebuild")
def rebuild() -> None:
    """Tables that can be made anew from others."""


@rebuild.command("queue-performance")
def queue_performance() -> None:
    """Counts every stored metric event anew."""
    run_now(tools_at_hand(), "rebuild", rebuild_counts)
    click.echo("queue_performance was made anew from interaction_metrics.")
