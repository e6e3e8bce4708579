"""The host's dimension filters as predicates: all of them, or none.

Where one filter cannot be applied exactly, none is, and the host filters the whole answer itself.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

from backend.catalog import Dataset, Dimension
from backend.errors import InvalidFilterError
from backend.serving.config import quoted
from backend.serving.dimensions import served_value
from backend.serving.parameters import ParameterValue, Scalar
from backend.serving.request import Filter, Value

MAX_FILTERS = 500
_ESCAPE = re.compile(r"\\.", re.DOTALL)

type Kind = Literal["text", "time", "boolean"]


@dataclass(frozen=True)
class Operator:
    """How an operator becomes SQL, what it takes, and which kinds of field it fits.

    `sql` names the served value `{field}` and the values `{0}`, `{1}`; a list is one ARRAY value.
    """

    sql: str
    takes: Literal["nothing", "one", "two", "list"]
    fits: frozenset[Kind]
    prepare: Callable[[Dimension, Scalar], Scalar] = lambda _, value: value


@dataclass(frozen=True)
class Predicate:
    """One filter that can be applied: `values` are in the served form of the field."""

    field: Dimension
    operator: Operator
    values: tuple[ParameterValue, ...]
    exclude: bool


type Predicates = tuple[tuple[Predicate, ...], ...]


def read_filters(groups: Sequence[Sequence[Filter]] | None, dataset: Dataset) -> Predicates | None:
    """An AND of ORs of predicates; None where one filter cannot be applied, so that none is.

    Raises `InvalidFilterError` for a regular expression that RE2 refuses and for more filters than a query can hold.
    """
    if sum(len(group) for group in groups or ()) > MAX_FILTERS:
        raise InvalidFilterError(
            f"The chart has more than {MAX_FILTERS} filters. Use fewer filters, or one filter with a list."
        )
    predicates: list[tuple[Predicate, ...]] = []
    for group in groups or ():
        readable = tuple(predicate for item in group if (predicate := _predicate(item, dataset)) is not None)
        if not group or len(readable) < len(group):
            return None
        predicates.append(readable)
    return tuple(predicates)


def _predicate(item: Filter, dataset: Dataset) -> Predicate | None:
    field = next((field for field in dataset.fields if field.name == item.field_name), None)
    operator = _OPERATORS.get(item.operator)
    if not isinstance(field, Dimension) or operator is None or item.type not in ("INCLUDE", "EXCLUDE"):
        return None
    if _kind(field) not in operator.fits:
        return None
    values = _values(operator, field, item.values or ())
    return None if values is None else Predicate(field, operator, values, exclude=item.type == "EXCLUDE")


def _kind(field: Dimension) -> Kind:
    return "text" if field.type == "TEXT" else "boolean" if field.type == "BOOLEAN" else "time"


def _values(operator: Operator, field: Dimension, given: Iterable[Value]) -> tuple[ParameterValue, ...] | None:
    if operator.takes == "nothing":
        return ()
    served = [served_value(field, value) for value in given]
    fitting = tuple(operator.prepare(field, value) for value in served if value is not None)
    if len(fitting) < len(served):
        return None
    match operator.takes, len(fitting):
        case ("one", 1) | ("two", 2):
            return fitting
        case "list", count if count > 0:
            # The values of one field are all of one type.
            return (cast(ParameterValue, fitting),)
    return None


def refused_by_engine(predicates: Predicates, reason: str) -> InvalidFilterError | None:
    """The error for a statement that BigQuery calls invalid: its RE2 may be another version than the one at hand.

    None where the statement holds no regular expression, so that the fault is ours.
    """
    fields = [item.field for group in predicates for item in group if item.operator.sql.startswith("REGEXP")]
    if not fields:
        return None
    labels = " and ".join(f"'{label}'" for label in dict.fromkeys(field.label for field in fields))
    return InvalidFilterError(
        f"The data warehouse refuses the regular expression in the filter on {labels}. Correct it in the filter.",
        debug=reason,
    )


def _part_of_text(field: Dimension, value: Scalar) -> str:
    return _regular_expression(field, str(value), str(value))


def _whole_text(field: Dimension, value: Scalar) -> str:
    part = _part_of_text(field, value)
    # A quotation that the pattern leaves open would take the end of ours for text.
    end = r"\E" if _leaves_quotation_open(part) else ""
    return _regular_expression(field, f"^(?:{part}{end})$", str(value))


def _leaves_quotation_open(pattern: str) -> bool:
    """Whether a `\\Q` of RE2 has no `\\E`; outside of a quotation a backslash takes the next character along."""
    position = 0
    while escape := _ESCAPE.search(pattern, position):
        position = escape.end()
        if escape[0] == r"\Q":
            closed = pattern.find(r"\E", position)
            if closed < 0:
                return True
            position = closed + 2
    return False


def _regular_expression(field: Dimension, pattern: str, given: str) -> str:
    # Arrow evaluates regular expressions with RE2, as BigQuery does.
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise InvalidFilterError(
            f"The filter on '{field.label}' holds '{quoted(given)}', which is no valid regular expression (RE2). "
            "Correct it in the filter.",
            debug=f"field {field.name}: {quoted(str(error))}",
        ) from None
    return pattern


_TEXT: frozenset[Kind] = frozenset({"text"})
_TIME: frozenset[Kind] = frozenset({"time"})
_EVERY: frozenset[Kind] = frozenset({"text", "time", "boolean"})

# The texts of one type of time are digits of one length, so they compare as the numbers that they are.
_OPERATORS = {
    "EQUALS": Operator("{field} = {0}", "one", _EVERY),
    "IN_LIST": Operator("{field} IN UNNEST({0})", "list", _EVERY),
    "BETWEEN": Operator("{field} BETWEEN {0} AND {1}", "two", _TEXT | _TIME),
    "IS_NULL": Operator("{field} IS NULL", "nothing", _EVERY),
    "CONTAINS": Operator("STRPOS({field}, {0}) > 0", "one", _TEXT),
    "REGEXP_PARTIAL_MATCH": Operator("REGEXP_CONTAINS({field}, {0})", "one", _TEXT, _part_of_text),
    "REGEXP_EXACT_MATCH": Operator("REGEXP_CONTAINS({field}, {0})", "one", _TEXT, _whole_text),
    "NUMERIC_GREATER_THAN": Operator("{field} > {0}", "one", _TIME),
    "NUMERIC_GREATER_THAN_OR_EQUAL": Operator("{field} >= {0}", "one", _TIME),
    "NUMERIC_LESS_THAN": Operator("{field} < {0}", "one", _TIME),
    "NUMERIC_LESS_THAN_OR_EQUAL": Operator("{field} <= {0}", "one", _TIME),
}
