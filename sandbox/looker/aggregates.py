"""Aggregation of the values of one group, exact in decimals; NULLs are left out, as the host leaves them out."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, Inexact

from .errors import ReportError
from .field_types import Cell

EXACT = Context(prec=400, traps=[Inexact])
"""Sums and products of what is served never need rounding; should one, it fails instead."""
QUOTIENT = Context(prec=38)


def aggregate(function: str, values: Sequence[Cell]) -> Cell:
    """SUM, COUNT, COUNT_DISTINCT, AVG, MIN or MAX; NULL over no values, except that a count is 0.

    Raises:
        ReportError: a sum or average of what is no number.
    """
    return FUNCTIONS[function]([value for value in values if value is not None])


def _sum(values: Sequence[Cell]) -> Decimal | None:
    result = None
    for value in values:
        if not isinstance(value, Decimal):
            raise ReportError(f"{value!r} is no number and cannot be added up")
        result = value if result is None else EXACT.add(result, value)
    return result


def _average(values: Sequence[Cell]) -> Decimal | None:
    total = _sum(values)
    return None if total is None else QUOTIENT.divide(total, Decimal(len(values)))


def _extreme(choose: Callable[..., Cell]) -> Callable[[Sequence[Cell]], Cell]:
    return lambda values: choose(values, default=None)


FUNCTIONS: Mapping[str, Callable[[Sequence[Cell]], Cell]] = {
    "SUM": _sum,
    "AVG": _average,
    "COUNT": lambda values: Decimal(len(values)),
    "COUNT_DISTINCT": lambda values: Decimal(len(set(values))),
    "MIN": _extreme(min),
    "MAX": _extreme(max),
}
