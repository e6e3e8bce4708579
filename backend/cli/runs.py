"""`runs`: the receipts of the last runs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import click
import orjson

from backend.errors import NotReadyError
from backend.forms import rfc3339
from backend.settings import load_settings
from backend.warehouse.client import Warehouse
from backend.warehouse.receipts import Receipt, receipts_since

_HEADINGS = ("started", "task", "status", "seconds", "records", "run", "error")
_RIGHT_ALIGNED = frozenset({"seconds", "records"})


@click.command("runs")
@click.option("--days", default=8, show_default=True, type=click.IntRange(1, 3_650), help="Runs of the last DAYS days.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="At most so many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with every figure of the receipt.")
def list_runs(days: int, limit: int, as_json: bool) -> None:
    """Prints the receipts of the last runs, newest first; what an error says is in --json."""
    receipts = _receipts(days)[:limit]
    if as_json:
        for receipt in receipts:
            click.echo(orjson.dumps(_figures(receipt)))
    elif receipts:
        for line in _aligned([_HEADINGS, *map(_cells, receipts)]):
            click.echo(line)
    else:
        click.echo(f"No run in the last {days} days.")


def _receipts(days: int) -> list[Receipt]:
    try:
        return receipts_since(Warehouse(load_settings()), datetime.now(UTC) - timedelta(days=days))
    except NotReadyError:
        return []


def _figures(receipt: Receipt) -> dict[str, object]:
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in receipt._asdict().items()}


def _cells(receipt: Receipt) -> tuple[str, ...]:
    ended = receipt.finished_at
    return (
        f"{receipt.started_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z",
        receipt.task,
        receipt.status,
        f"{(ended - receipt.started_at).total_seconds():.0f}" if ended else "",
        str(receipt.records_processed),
        receipt.run_id,
        receipt.error_code or "",
    )


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines whose columns are as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if heading in _RIGHT_ALIGNED else cell.ljust(width)
            for heading, cell, width in zip(_HEADINGS, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
