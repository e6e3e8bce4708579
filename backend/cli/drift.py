"""`drift`: what Genesys sends that the committed conversation model does not know."""

from datetime import UTC, datetime, timedelta

import click

from backend.cli.connections import genesys_client
from backend.genesys.drift import sample_conversations, unknown_properties
from backend.settings import load_settings


@click.command("drift")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, 31), help="Sample the last DAYS days.")
def report_drift(days: int) -> None:
    """Names properties of conversations that the known model of Genesys's API does not have.

    Reads one page of raw conversations and prints names only, never a value. New properties do no harm, since
    extraction skips them; exit 1 says that there are some to look at.
    """
    now = datetime.now(UTC)
    sample = sample_conversations(genesys_client(load_settings()), now - timedelta(days=days), now)
    if not sample:
        raise click.ClickException(f"no conversation in the last {days} days: try a larger --days")
    unknown = unknown_properties(sample)
    if not unknown:
        click.echo(f"ok: nothing unknown in {len(sample)} conversations")
        return
    for path, count in unknown.items():
        click.echo(f"{path}  (in {count} of {len(sample)})")
    raise click.exceptions.Exit(1)
