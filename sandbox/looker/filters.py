"""Looker Studio's filters: how they are sent, and what they mean when the host has to apply them itself.

A comparison with NULL is neither true nor false, and its negation isn't either: a row is kept where the result is true.
Only IS_NULL sees NULL. Regular expressions are RE2, texts are case-sensitive, BETWEEN includes both ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import re2

from . import Json
from .errors import ReportError
from .field_types import Cell, Kind
from .protocol import Field

type FilterValue = str | int | float | bool
type Comparable = str | Decimal | bool
type Test = Callable[[Comparable], bool]

KINDS_OF_OPERATOR: Mapping[str, frozenset[Kind]] = {
    **dict.fromkeys(("EQUALS", "IN_LIST"), frozenset(Kind)),
    "BETWEEN": frozenset({Kind.TEXT, Kind.NUMBER, Kind.DATE}),
    **dict.fromkeys(("CONTAINS", "REGEXP_PARTIAL_MATCH", "REGEXP_EXACT_MATCH"), frozenset({Kind.TEXT, Kind.DATE})),
    **dict.fromkeys(
        (
            "NUMERIC_GREATER_THAN",
            "NUMERIC_GREATER_THAN_OR_EQUAL",
            "NUMERIC_LESS_THAN",
            "NUMERIC_LESS_THAN_OR_EQUAL",
        ),
        frozenset({Kind.NUMBER, Kind.DATE}),
    ),
}


@dataclass(frozen=True)
class Filter:
    """One condition on a dimension; `exclude` keeps the rows for which it is false."""

    field: str
    operator: str
    values: Sequence[FilterValue] = ()
    exclude: bool = False

    def as_json(self) -> dict[str, Json]:
        return {
            "fieldName": self.field,
            "type": "EXCLUDE" if self.exclude else "INCLUDE",
            "operator": self.operator,
            "values": list(self.values),
        }


type FilterGroups = Sequence[Sequence[Filter]]
"""AND of the groups, OR within each; a group may mix fields."""


def row_filter(groups: FilterGroups, fields: Sequence[Field]) -> Callable[[Sequence[Cell]], bool]:
    """Whether a row, its cells in the order of `fields`, is kept by every group.

    Raises:
        ReportError: a filter on a field that the rows lack, or one that does not fit the type of its field.
    """
    position = {field.name: i for i, field in enumerate(fields)}
    compiled = []
    for group in groups:
        if missing := [leaf.field for leaf in group if leaf.field not in position]:
            raise ReportError(f"filter on {missing[0]}: the rows do not hold that field")
        compiled.append([(position[leaf.field], condition(leaf, fields[position[leaf.field]])) for leaf in group])
    return lambda row: all(any(test(row[i]) is True for i, test in group) for group in compiled)


def condition(leaf: Filter, field: Field) -> Callable[[Cell], bool | None]:
    """The filter as a function of a cell: true, false, or None where NULL leaves it open.

    Raises:
        ReportError: an unknown operator, or operator or values that do not fit the field.
    """
    if leaf.operator == "IS_NULL":
        return lambda cell: (cell is None) is not leaf.exclude
    if field.type.kind not in KINDS_OF_OPERATOR.get(leaf.operator, ()):
        raise ReportError(f"filter on {leaf.field}: {leaf.operator} does not fit a {field.type.kind} field")
    test = _test(leaf, field)
    return lambda cell: None if cell is None else test(cell) is not leaf.exclude


def _test(leaf: Filter, field: Field) -> Test:
    if leaf.operator in ("CONTAINS", "REGEXP_PARTIAL_MATCH", "REGEXP_EXACT_MATCH"):
        return _text_test(leaf)
    values = [_operand(value, field) for value in leaf.values]
    if len(values) < (2 if leaf.operator == "BETWEEN" else 1):
        raise ReportError(f"filter on {leaf.field}: {leaf.operator} lacks a value")
    first = values[0]
    match leaf.operator:
        case "EQUALS":
            return lambda cell: cell == first
        case "IN_LIST":
            return frozenset(values).__contains__
        case "BETWEEN":
            return lambda cell: _compare(cell, first) >= 0 and _compare(cell, values[1]) <= 0
        case "NUMERIC_GREATER_THAN":
            return lambda cell: _compare(cell, first) > 0
        case "NUMERIC_GREATER_THAN_OR_EQUAL":
            return lambda cell: _compare(cell, first) >= 0
        case "NUMERIC_LESS_THAN":
            return lambda cell: _compare(cell, first) < 0
        case _:
            return lambda cell: _compare(cell, first) <= 0


def _text_test(leaf: Filter) -> Test:
    if not leaf.values or not isinstance(leaf.values[0], str):
        raise ReportError(f"filter on {leaf.field}: {leaf.operator} needs a text")
    wanted = leaf.values[0]
    if leaf.operator == "CONTAINS":
        return lambda cell: wanted in str(cell)
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        pattern = re2.compile(wanted, quiet)
    except re2.error as error:
        raise ReportError(f"filter on {leaf.field}: RE2 refuses the expression {wanted!r}: {error}") from error
    match = pattern.search if leaf.operator == "REGEXP_PARTIAL_MATCH" else pattern.fullmatch
    return lambda cell: match(str(cell)) is not None


def _compare(left: Comparable, right: Comparable) -> int:
    """-1, 0 or 1; both are of the same type, numbers by value, texts by code point."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return (left > right) - (left < right)
    return (str(left) > str(right)) - (str(left) < str(right))


def _operand(value: FilterValue, field: Field) -> Comparable:
    """A filter value in the type of its field: `437380.0` and `"437380"` are one number, `2024-03-10` one day.

    Raises:
        ReportError: the value does not fit the field.
    """
    parsed = _fitting(value, field)
    if parsed is None:
        raise ReportError(f"filter on {field.name}: {value!r} is no {field.type.kind} of the form {field.type.form}")
    return parsed


def _fitting(value: FilterValue, field: Field) -> Comparable | None:
    match field.type.kind:
        case Kind.BOOLEAN:
            return {"true": True, "false": False}.get(str(value).lower())
        case Kind.NUMBER:
            return _number(value)
        case Kind.DATE:
            digits = "".join(character for character in str(value) if character not in "-:T ")
            return digits if field.type.pattern.fullmatch(digits) else None
        case Kind.TEXT if isinstance(value, bool):
            return str(value).lower()
        case Kind.TEXT:
            return value if isinstance(value, str) else f"{Decimal(str(value)).normalize():f}"


def _number(value: FilterValue) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
