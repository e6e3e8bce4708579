"""Filters of queries: predicates joined by `and` or `or`, whatever they are applied to."""

from collections.abc import Callable
from typing import Literal

import msgspec

from .errors import ApiError

type Combination = Literal["and", "or"]
type Value = str | int | None
type Reader = Callable[[str], Value]


class Predicate(msgspec.Struct, forbid_unknown_fields=True):
    """One condition on a dimension, as on the wire."""

    dimension: str
    type: Literal["dimension"] = "dimension"
    operator: Literal["matches", "exists", "notExists"] = "matches"
    value: str | None = None

    def holds(self, read: Reader) -> bool:
        """Whether it is true of the thing whose dimensions `read` gives."""
        value = read(self.dimension)
        match self.operator:
            case "exists":
                return value is not None
            case "notExists":
                return value is None
        if self.value is None or isinstance(value, int):
            raise ApiError(400, f"Predicate on {self.dimension}: operator matches needs a value it can compare with")
        return value == self.value


class Clause(msgspec.Struct, forbid_unknown_fields=True):
    """Conditions joined by `and` or `or`."""

    type: Combination
    predicates: list[Predicate] = []

    def holds(self, read: Reader) -> bool:
        return _join(self.type, [predicate.holds(read) for predicate in self.predicates])


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    """Conditions and clauses joined by `and` or `or`."""

    type: Combination
    clauses: list[Clause] = []
    predicates: list[Predicate] = []

    def holds(self, read: Reader) -> bool:
        parts: list[Clause | Predicate] = [*self.clauses, *self.predicates]
        return _join(self.type, [part.holds(read) for part in parts])


def _join(combination: Combination, results: list[bool]) -> bool:
    if not results:
        raise ApiError(400, "A filter needs at least one predicate or clause")
    return all(results) if combination == "and" else any(results)


def unknown_dimension(dimension: str, known: str) -> ApiError:
    """The refusal of a dimension that isn't simulated."""
    return ApiError(400, f"Dimension {dimension} is not simulated; known: {known}")
