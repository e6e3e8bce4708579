"""The two paging styles of lookup lists: numbered pages, and the cursor of teams."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence, Set
from urllib.parse import urlencode

from flask import request

from .draft import Facts
from .errors import ApiError
from .parameters import query_parameters, whole_number

_LARGEST_PAGE = 500
_MOST_PAGES = 1_000_000


def numbered(entities: Sequence[Facts], known: Set[str] = frozenset()) -> Facts:
    """One page by `pageSize` and `pageNumber`, with totals and relative links; the call also knows the `known` ones."""
    values = query_parameters({"pageSize", "pageNumber", *known})
    size = whole_number(values, "pageSize", 25, _LARGEST_PAGE)
    number = whole_number(values, "pageNumber", 1, _MOST_PAGES)
    count = max(1, -(-len(entities) // size))
    page: Facts = {
        "entities": list(entities[(number - 1) * size : number * size]),
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
        "pageCount": count,
        "selfUri": _link(pageNumber=number),
        "firstUri": _link(pageNumber=1),
        "lastUri": _link(pageNumber=count),
    }
    if number < count:
        page["nextUri"] = _link(pageNumber=number + 1)
    if number > 1:
        page["previousUri"] = _link(pageNumber=number - 1)
    return page


def by_cursor(entities: Sequence[Facts], known: Set[str] = frozenset()) -> Facts:
    """One page after an opaque cursor: no total and no number, `nextUri` while there is more."""
    values = query_parameters({"pageSize", "after", *known})
    size = whole_number(values, "pageSize", 25, _LARGEST_PAGE)
    begin = position_of(values.get("after", ""))
    page: Facts = {"entities": list(entities[begin : begin + size]), "selfUri": _link()}
    if begin + size < len(entities):
        page["nextUri"] = _link(after=cursor_at(begin + size))
    if begin:
        page["previousUri"] = _link(after=cursor_at(begin - size)) if begin > size else _link(after=None)
    return page


def _link(**changes: object) -> str:
    """The present path and query string with some parameters set, or (None) left out."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    pairs = kept + [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def cursor_at(position: int) -> str:
    """An opaque cursor that stands before the entity at a position."""
    return urlsafe_b64encode(f"v1:{position}".encode()).decode()


def position_of(cursor: str, parameter: str = "after") -> int:
    """Where a cursor stands, 0 for none; raises ApiError 400 where it was not given out here."""
    if not cursor:
        return 0
    try:
        version, _, position = urlsafe_b64decode(cursor).decode().partition(":")
        if version != "v1":
            raise ValueError(f"version {version!r}")
        return int(position)
    except ValueError as error:
        raise ApiError(
            400, f"Parameter {parameter} is not a cursor of this list: {cursor!r}", "invalid.value"
        ) from error
