"""`flatten`: what Genesys records become, as JSON lines."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
import orjson

from backend.catalog import load_catalog
from backend.extraction.flatten import flatten
from backend.extraction.records import RecordError, decode_conversation
from backend.extraction.rows import Names, Provenance, RowMapping
from backend.forms import number_text, rfc3339


@click.command("flatten")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
def flatten_files(files: tuple[Path, ...]) -> None:
    """Prints the warehouse rows of Genesys records as JSON lines.

    Each FILE (`-` for standard input) holds a record, a list of records, or a page as Genesys answers it. Ids stand
    where names would be looked up.
    """
    mapping = RowMapping(load_catalog()["interaction_details"])
    now = datetime.now(UTC)
    failed = False
    for file in files:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        for position, raw in enumerate(_records(file, content), start=1):
            try:
                row = mapping.row(flatten(decode_conversation(raw), now), Names(), Provenance(now))
            except RecordError as error:
                named = f" ({error.conversation_id})" if error.conversation_id else ""
                click.echo(f"{file}: record {position}{named}: {error.reason}", err=True)
                failed = True
                continue
            del row["extracted_at"]
            click.echo(orjson.dumps({name: _written(value) for name, value in row.items()}))
    if failed:
        raise click.exceptions.Exit(1)


class _Page(msgspec.Struct):
    conversations: list[msgspec.Raw] | None = None
    total_hits: int | None = msgspec.field(name="totalHits", default=None)


def _records(file: Path, content: bytes) -> Iterator[bytes | msgspec.Raw]:
    """The records of a file, whichever of its three forms it has."""
    try:
        outline = msgspec.json.decode(content, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
        if isinstance(outline, list):
            yield from outline
        elif "conversationId" in outline:
            yield content
        elif "conversations" in outline or "totalHits" in outline:
            yield from msgspec.json.decode(content, type=_Page).conversations or ()
        else:
            raise click.ClickException(
                f"{file}: no record, list of records or page (no conversationId, no conversations)"
            )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise click.ClickException(f"{file}: not JSON of a record, a list of records or a page: {error}") from None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return number_text(value) if isinstance(value, Decimal) else value
