"""Conversation filters of the details query: those that are simulated, and a clear refusal of all others."""

from typing import Literal

import msgspec

from .errors import ApiError
from .plan import Plan

type Combination = Literal["and", "or"]


class Predicate(msgspec.Struct, forbid_unknown_fields=True):
    """One condition, as on the wire."""

    dimension: str
    type: Literal["dimension"] = "dimension"
    operator: Literal["matches", "exists", "notExists"] = "matches"
    value: str | None = None

    def holds(self, plan: Plan, now: int) -> bool:
        """Whether a conversation satisfies it as of `now`."""
        value = _value(self.dimension, plan, now)
        match self.operator:
            case "exists":
                return value is not None
            case "notExists":
                return value is None
        if self.dimension == "conversationEnd" or self.value is None:
            raise ApiError(400, f"Predicate on {self.dimension}: operator matches needs a value it can compare with")
        return value == self.value


class Clause(msgspec.Struct, forbid_unknown_fields=True):
    """Conditions joined by `and` or `or`."""

    type: Combination
    predicates: list[Predicate] = []

    def holds(self, plan: Plan, now: int) -> bool:
        return _join(self.type, [predicate.holds(plan, now) for predicate in self.predicates])


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    """Conditions and clauses joined by `and` or `or`."""

    type: Combination
    clauses: list[Clause] = []
    predicates: list[Predicate] = []

    def holds(self, plan: Plan, now: int) -> bool:
        parts: list[Clause | Predicate] = [*self.clauses, *self.predicates]
        return _join(self.type, [part.holds(plan, now) for part in parts])


def _join(combination: Combination, results: list[bool]) -> bool:
    if not results:
        raise ApiError(400, "A filter needs at least one predicate or clause")
    return all(results) if combination == "and" else any(results)


def _value(dimension: str, plan: Plan, now: int) -> str | int | None:
    match dimension:
        case "conversationEnd":
            return plan.end(now)
        case "conversationId":
            return plan.id
        case "originatingDirection":
            return None if dimension in plan.omitted else plan.direction
    known = "conversationEnd, conversationId, originatingDirection"
    raise ApiError(400, f"Dimension {dimension} is not simulated; known: {known}")
