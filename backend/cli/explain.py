"""`why`, `lag`, `tie-out`: what moved a number, how late corrections come, and where Genesys counts otherwise."""

import math
from datetime import UTC, datetime, timedelta

import click

from backend.cli.connections import genesys_client
from backend.cli.tools import tools_at_hand
from backend.extraction.explaining import Explanation, explain
from backend.extraction.tie_out import compare_day
from backend.forms import number_text, rfc3339
from backend.warehouse.comparison import Difference
from backend.warehouse.ledger import Revision, correction_ages, revisions_of
from backend.warehouse.tables import DETAILS

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_STEP_MINUTES = 30
_MOST_LISTED = 20


@click.command("why")
@click.option("--date", "day", required=True, type=_DAY, help="UTC day on which the conversations began.")
@click.option("--queue", help="Name or id of a queue that they passed through.")
def why(day: datetime, queue: str | None) -> None:
    """Explains why the numbers of a day moved: what was learnt of its conversations, when and by which run."""
    tools = tools_at_hand()
    start = day.replace(tzinfo=UTC)
    found = revisions_of(tools.warehouse, tools.catalog[DETAILS], start, start + timedelta(days=1), queue)
    for revision in found:
        click.echo(_line(revision))
    of_queue = f" of queue {queue}" if queue else ""
    click.echo(f"{len(found)} revisions of conversations begun on {day:%Y-%m-%d}{of_queue}.")


def _line(revision: Revision) -> str:
    changes = "; ".join(f"{name}: {_text(old)} -> {_text(new)}" for name, (old, new) in revision.changes.items())
    return f"{rfc3339(revision.learnt_at)}  {revision.reason:<12}  {revision.id}  {revision.run_id}  {changes}".rstrip()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    if value is None or isinstance(value, str | bool):
        return str(value)
    return number_text(value)  # type: ignore[arg-type]


@click.command("lag")
@click.option(
    "--days", default=28, show_default=True, type=click.IntRange(1, 366), help="Conversations of so many days."
)
def lag(days: int) -> None:
    """Prints how old conversations were when a correction of them was learnt, and proposes the look-back."""
    tools = tools_at_hand()
    ages = correction_ages(tools.warehouse, tools.now() - timedelta(days=days))
    median, most, longest = ages.at(0.5), ages.at(0.95), ages.at(1.0)
    if median is None or most is None or longest is None:
        click.echo(f"No correction was learnt of conversations of the last {days} days; keep the look-back as it is.")
        return
    proposed = math.ceil((most + 1) / _STEP_MINUTES) * _STEP_MINUTES
    click.echo(f"p50 {median} minutes, p95 {most} minutes, max {longest} minutes")
    click.echo(
        f"EXTRACT_LOOKBACK_MINUTES={proposed} would have caught 95 % of them within the next run (now "
        f"{tools.settings.extract_lookback_minutes}); the settled path catches the rest."
    )


@click.command("tie-out")
@click.option("--date", "day", required=True, type=_DAY, help="UTC day to compare.")
def tie_out(day: datetime) -> None:
    """Compares a day's queue counts with Genesys's own; names the conversations that could explain a difference."""
    tools = tools_at_hand()
    genesys, start = genesys_client(tools.settings), day.replace(tzinfo=UTC)
    found = compare_day(genesys, tools.warehouse, start, tools.now())
    for summary in found.summaries:
        verdict = "equal" if not summary.different else f"differs in {summary.different} places"
        click.echo(f"{summary.metric:<14}  Genesys {summary.genesys:>10}  ours {summary.ours:>10}  {verdict}")
    for difference, explanation in explain(genesys, tools.warehouse, start, found.differences, tools.now()):
        click.echo(_difference(difference, explanation))
    if found.differences:
        raise click.exceptions.Exit(1)


def _difference(found: Difference, explanation: Explanation) -> str:
    place = f"{rfc3339(found.interval_start)}  queue {found.queue_id or '-'}  {found.channel or '-'}"
    numbers = f"{found.metric} {found.figure}: Genesys {found.genesys}, ours {found.ours}"
    return f"{place}  {numbers}; missing here: {_listed(explanation.missing)}; ours: {_listed(explanation.ours)}"


def _listed(ids: list[str]) -> str:
    more = f" and {len(ids) - _MOST_LISTED} more" if len(ids) > _MOST_LISTED else ""
    return f"{', '.join(ids[:_MOST_LISTED])}{more}" if ids else "none"
