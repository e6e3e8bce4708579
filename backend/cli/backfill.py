"""`backfill`: past days loaded again, planned first."""

from datetime import date, datetime

import click

from backend.cli.connections import genesys_client
from backend.cli.tools import tools_at_hand
from backend.extraction.backfill import Plan, plan_backfill, run_day
from backend.extraction.context import Tools
from backend.extraction.runs import RunFailedError

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("backfill")
@click.option("--from", "first", required=True, type=_DAY, help="First UTC day.")
@click.option("--to", "end", required=True, type=_DAY, help="UTC day after the last.")
@click.option("--yes", is_flag=True, help="Run the plan instead of only printing it.")
def backfill(first: datetime, end: datetime, yes: bool) -> None:
    """Loads the conversations of past days; what is stored and unchanged stays as it is."""
    tools = tools_at_hand()
    if not first < end:
        raise click.UsageError(f"--from {first:%Y-%m-%d} must be before --to {end:%Y-%m-%d}, which is exclusive")
    if first.date() > tools.now().date():
        raise click.UsageError(f"--from {first:%Y-%m-%d} lies in the future")
    plan = _plan(tools, first.date(), end.date())
    click.echo(
        f"{len(plan.days)} days ({plan.days[0]} to {plan.days[-1]}), {len(plan.days)} windows, about "
        f"{plan.conversations} conversations, {plan.requests} requests, {plan.minutes:.1f} minutes"
    )
    if not yes:
        click.echo("Nothing was read. Add --yes to run it.")
        return
    _run(tools, plan)


def _plan(tools: Tools, first: date, end: date) -> Plan:
    genesys = genesys_client(tools.settings)
    return plan_backfill(genesys, first, end, tools.settings.genesys_requests_per_minute)


def _run(tools: Tools, plan: Plan) -> None:
    """A day a run, so that a stop loses at most a day; a bar shows rows, rate and the time left."""
    rows, requests, begun = 0, 0, tools.monotonic()

    def figures(day: date | None) -> str:
        rate = rows / max(tools.monotonic() - begun, 0.001)
        return f"{day or ''} {rows} conversations, {requests} requests, {rate:.0f} conversations a second"

    with click.progressbar(plan.days, label="Backfill", show_eta=True, item_show_func=figures) as days:
        for day in days:
            try:
                answer = run_day(tools, day)
                rows, requests = rows + answer.records_processed, requests + answer.requests
            except RunFailedError as failure:
                raise click.ClickException(
                    f"{day}: {failure.run_id} failed ({failure.error.code}): {failure.error} "
                    f"The days before are loaded; go on with --from {day}."
                ) from None
            if answer.more:
                raise click.ClickException(
                    f"{day} was not read to its end within RUN_DEADLINE_SECONDS. Raise it, or wait some hours until "
                    f"Genesys's data lake has the day; then go on with --from {day}."
                )
    click.echo(f"{rows} conversations read.")
