"""One pager a paging style. A page that comes twice raises, so that no pager spins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from backend.errors import GenesysInvalidResponseError
from backend.genesys.answers import decode, identity
from backend.genesys.client import GenesysClient

# A query's results end here; deeper pages do not exist.
MOST_RESULTS = 100_000
# `totalHits` is approximate: so many may be missing at the end of a query.
_SHORTFALL = 10


class TooManyResultsError(GenesysInvalidResponseError):
    """A query has more results than the API hands out: ask for a narrower window."""


@dataclass(frozen=True)
class DetailsPage:
    """Undecoded conversations, and how many the whole query has (approximate: it moves while it is read)."""

    conversations: list[msgspec.Raw]
    total_hits: int


class _DetailsBody(msgspec.Struct, rename="camel"):
    conversations: list[msgspec.Raw] | None = None
    total_hits: int | None = None


class _NumberedBody(msgspec.Struct, rename="camel"):
    entities: list[msgspec.Raw] | None = None
    page_count: int | None = None
    next_uri: str | None = None


class _CursorBody(msgspec.Struct, rename="camel"):
    entities: list[msgspec.Raw] | None = None
    next_uri: str | None = None


def query_pages(client: GenesysClient, path: str, query: Mapping[str, object], page_size: int) -> Iterator[DetailsPage]:
    """Pages numbered in the body of a POST, read lazily to the end of the query.

    The end is a page without conversations, or a short one once as many different ones came as the query has: a server
    may give smaller pages than asked for. Raises `TooManyResultsError` where the API ends before the query does, and
    `GenesysInvalidResponseError` for a repeated page, and for an end that comes before half of the query.
    """
    pages = _Pages(f"POST {path}")
    received, number = 0, 1
    while True:
        paging = {"pageSize": page_size, "pageNumber": number}
        body = decode(client.post(path, {**query, "paging": paging}), _DetailsBody, pages.call)
        found = body.conversations or []
        received += len(found)
        if found:
            pages.check(found)
        if found or number == 1:
            yield DetailsPage(found, received if body.total_hits is None else body.total_hits)
        missing = (body.total_hits or 0) - len(pages.ids)
        if not found and missing >= _SHORTFALL and missing > len(pages.ids):
            raise GenesysInvalidResponseError(
                f"{pages.call} promises {body.total_hits:,} results and gives {len(pages.ids):,}. The run stopped "
                "before it took them for all; the next one reads this window again. Report this if it stays."
            )
        has_all = body.total_hits is not None and len(pages.ids) >= body.total_hits
        if not found or (len(found) < page_size and has_all):
            return
        if received >= MOST_RESULTS:
            raise TooManyResultsError(
                f"{pages.call} finds {MOST_RESULTS:,} results or more for {dict(query)}, and the API ends there. "
                "The rest of this window cannot be read; read it in narrower windows."
            )
        number += 1


def numbered_entities(client: GenesysClient, path: str, params: Mapping[str, str | int]) -> Iterator[msgspec.Raw]:
    """The entities of a list with numbered pages (`pageNumber`, `pageCount`, `nextUri`)."""
    pages = _Pages(f"GET {path}")
    number = 1
    while True:
        body = decode(client.get(path, {**params, "pageNumber": number}), _NumberedBody, pages.call)
        pages.check(body.entities or [])
        yield from body.entities or []
        if not body.next_uri and number >= (body.page_count or 0):
            return
        number += 1


def cursor_entities(client: GenesysClient, path: str, params: Mapping[str, str | int]) -> Iterator[msgspec.Raw]:
    """The entities of a list whose pages name the next one only (`nextUri` with `after`)."""
    pages = _Pages(f"GET {path}")
    cursor = ""
    while True:
        body = decode(client.get(path, cursor or params), _CursorBody, pages.call)
        pages.check(body.entities or [])
        yield from body.entities or []
        if not body.next_uri:
            return
        # The query is sent back as it came: a cursor is opaque, and decoding it would change its plus signs.
        cursor = urlsplit(body.next_uri).query


class _Pages:
    """The pages of one list so far, by hashes of the ids on them."""

    def __init__(self, call: str) -> None:
        self.call = call
        self.ids: set[int] = set()
        self._seen: set[int] = set()

    def check(self, records: list[msgspec.Raw]) -> None:
        """Raises `GenesysInvalidResponseError` where all of these records were one page before."""
        ids = frozenset(hash(identity(record)) for record in records)
        self.ids |= ids
        page = hash(ids)
        if page in self._seen:
            raise GenesysInvalidResponseError(
                f"Genesys Cloud gave a page twice ({self.call}, page {len(self._seen) + 1}), so the list has no end. "
                "The run stopped; the next one reads this list again from the last commit. Report this if it stays."
            )
        self._seen.add(page)
