"""Conversations as Genesys Cloud sends them: those that live in a window, or those with known ids.

Each stays undecoded (`msgspec.Raw`), so that a malformed one does not spoil its page.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched

import msgspec

from backend.forms import rfc3339
from backend.genesys.answers import decode
from backend.genesys.client import GenesysClient
from backend.genesys.paging import DetailsPage, query_pages

_DETAILS = "/api/v2/analytics/conversations/details"
_PAGE_SIZE = 100
_IDS_A_CALL = 50


class _Conversations(msgspec.Struct):
    conversations: list[msgspec.Raw] | None = None


def details_pages(client: GenesysClient, start: datetime, end: datetime) -> Iterator[DetailsPage]:
    """The conversations of a window, oldest start first, a page at a time.

    `start` and `end` have a time zone and whole milliseconds. Genesys goes by the UTC days that the window touches:
    conversations that started outside its exact bounds come too, and one may come on two pages.
    Raises what `GenesysClient` and `query_pages` raise.
    """
    query = {"interval": interval(start, end), "order": "asc", "orderBy": "conversationStart"}
    return query_pages(client, f"{_DETAILS}/query", query, _PAGE_SIZE)


def total_hits(client: GenesysClient, start: datetime, end: datetime) -> int:
    """About how many conversations the query of a window has, from one row of it. Raises as `details_pages` does."""
    query = {"interval": interval(start, end), "order": "asc", "orderBy": "conversationStart"}
    return next(query_pages(client, f"{_DETAILS}/query", query, page_size=1)).total_hits


def details_by_ids(client: GenesysClient, ids: Sequence[str]) -> list[msgspec.Raw]:
    """The conversations with these ids; those that Genesys no longer has are missing. Raises what the client raises."""
    found: list[msgspec.Raw] = []
    for batch in batched(ids, _IDS_A_CALL, strict=False):
        body = decode(client.get(_DETAILS, {"id": ",".join(batch)}), _Conversations, f"GET {_DETAILS}")
        found += body.conversations or []
    return found


def interval(start: datetime, end: datetime) -> str:
    """A half-open span as every analytics call takes it; whole milliseconds of aware instants."""
    return f"{rfc3339(start)}/{rfc3339(end)}"
