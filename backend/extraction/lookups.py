"""The names of queues, users, skills, wrap-up codes, teams and locations: read from Genesys, kept in the warehouse."""

import logging
from collections.abc import Iterator
from operator import attrgetter

from backend.extraction.context import Context
from backend.extraction.rows import Names
from backend.genesys.lookups import read_lookups
from backend.warehouse.names import StoredName, merge_names, read_names, store_names
from backend.warehouse.renames import apply_names

_LOG = logging.getLogger(__name__)

# Stored beside the kinds that Genesys lists: the name of a user's location, by the user's id.
_USER_LOCATION = "user_location"
_NOT_FOLLOWED = frozenset({"location", _USER_LOCATION})


def lookups(context: Context) -> Iterator[None]:
    """The task of its own; it processes no conversations, so its receipt counts none."""
    yield from refresh_lookups(context)


def refresh_lookups(context: Context) -> Iterator[None]:
    """Reads all lookups and stores what is new.

    A lookup that Genesys forbids keeps its stored names and is noted in the receipt.
    """
    warehouse = context.tools.warehouse
    found = read_lookups(context.genesys)
    for kind, message in found.forbidden.items():
        context.progress.forbidden_lookups[kind] = message
    yield
    read: dict[str, dict[str, str]] = dict(found.names.items())
    stored = read_names(warehouse)
    if "user" in read:
        # Who is no longer listed keeps the last location; who is listed without one has none.
        left = {e.id: e.name for e in stored if e.kind == _USER_LOCATION and e.id not in read["user"] and not e.deleted}
        read[_USER_LOCATION] = left | found.user_locations
    merged = merge_names(stored, read, context.tools.now())
    if merged != stored:
        store_names(warehouse, merged, run_id=context.run.id)
        yield
    yield from _follow(context, merged)
    _LOG.info("%d names read", sum(len(names) for names in found.names.values()))


def _follow(context: Context, names: list[StoredName]) -> Iterator[None]:
    """Stored rows follow the names that changed since they last did."""
    state = context.state
    applied = state.names_applied_at
    # A deleted thing keeps its name, and rows keep the location of their time.
    changed = {
        entry.kind: entry.changed_at
        for entry in sorted(names, key=attrgetter("changed_at"))
        if not entry.deleted and entry.kind not in _NOT_FOLLOWED and (applied is None or entry.changed_at > applied)
    }
    if changed and state.first_start is not None:
        apply_names(
            context.tools.warehouse, context.lease, changed.keys(), applied=applied, until=max(changed.values())
        )
        yield


def known_names(stored: list[StoredName]) -> Names:
    """Stored names by kind, those of deleted things included; a location that a user left is no name."""
    by_kind: dict[str, dict[str, str]] = {}
    for entry in stored:
        if not (entry.deleted and entry.kind == _USER_LOCATION):
            by_kind.setdefault(entry.kind, {})[entry.id] = entry.name
    return Names(
        queues=by_kind.get("queue", {}),
        users=by_kind.get("user", {}),
        skills=by_kind.get("skill", {}),
        wrapup_codes=by_kind.get("wrapup_code", {}),
        teams=by_kind.get("team", {}),
        locations=by_kind.get(_USER_LOCATION, {}),
    )
