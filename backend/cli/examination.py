"""Checks of what the service needs, each with a line: what was found, or what to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backend.errors import ServiceError


class UnfitError(Exception):
    """A check that found something to mend; the text says what to do."""


@dataclass(frozen=True)
class Check:
    """`run` answers what it found, or raises `UnfitError` or a `ServiceError`."""

    name: str
    run: Callable[[], str]


@dataclass(frozen=True)
class Finding:
    name: str
    is_ok: bool
    text: str


def examine_in_order(checks: Sequence[Check]) -> Iterator[Finding]:
    """The findings of checks that all need the first one: where it fails, the others are not tried."""
    gate, *others = checks
    first = _finding(gate)
    yield first
    for check in others:
        yield _finding(check) if first.is_ok else Finding(check.name, False, f"not checked: mend {gate.name} first")


def _finding(check: Check) -> Finding:
    try:
        return Finding(check.name, True, check.run())
    except UnfitError as error:
        return Finding(check.name, False, str(error))
    except ServiceError as error:
        return Finding(check.name, False, f"{error.message} [{error.debug}]" if error.debug else error.message)
