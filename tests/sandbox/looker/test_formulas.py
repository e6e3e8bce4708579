"""Calculated fields, from their text and the values of a group."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from sandbox.looker.aggregates import aggregate
from sandbox.looker.errors import ReportError
from sandbox.looker.field_types import Cell
from sandbox.looker.formulas import Formula, FormulaError

COLUMNS: dict[str, Sequence[Cell]] = {
    "wait": [Decimal("11.179"), None, Decimal("6.384")],
    "count": [Decimal("1"), Decimal("0"), Decimal("1")],
    "none": [None, None, None],
    "city": ["Bern", None, "Zug"],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SUM($wait) / SUM($count)", "8.7815"),
        ("SUM(wait)", "17.563"),
        ("sum( $wait )", "17.563"),
        ("COUNT($wait)", "2"),
        ("COUNT($city)", "2"),
        ("MAX($wait) - MIN($wait)", "4.795"),
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("-SUM($count) * 0.5", "-1.0"),
        ("100 * SUM($count) / COUNT($count)", "66.666666666666666666666666666666666667"),
        ("SUM($wait) / 0", None),
        ("SUM($wait) / SUM($none)", None),
        ("SUM($none) + 1", None),
        ("COUNT($none)", "0"),
    ],
)
def test_value(text: str, value: str | None) -> None:
    assert Formula.parse(text).evaluate(COLUMNS) == (None if value is None else Decimal(value))


def test_inputs_are_named_once_in_order() -> None:
    assert Formula.parse("SUM($b) / (SUM($a) + SUM($b))").inputs == ("b", "a")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends too early"),
        ("SUM($a", "ends too early"),
        ("SUM($a) /", "ends too early"),
        ("SUM($a))", "left over"),
        ("$a / $b", "stands where a number"),
        ("AVG($a)", "stands where a number"),
        ("SUM(1)", "needs a field"),
        ("SUM($a) % 2", "cannot read '% 2'"),
        ("SUM $a", "expected '\\('"),
    ],
)
def test_refuses(text: str, problem: str) -> None:
    with pytest.raises(FormulaError, match=problem):
        Formula.parse(text)


def test_maximum_of_texts_is_no_number() -> None:
    with pytest.raises(FormulaError, match="'Zug', which is no number"):
        Formula.parse("MAX($city)").evaluate(COLUMNS)


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("SUM", [Decimal("0.1")] * 10, Decimal("1.0")),
        (
            "SUM",
            [Decimal("99999999999999999999999999999.999999999")] * 3,
            Decimal("299999999999999999999999999999.999999997"),
        ),
        ("SUM", [None, None], None),
        ("SUM", [], None),
        ("AVG", [Decimal(1), None, Decimal(2)], Decimal("1.5")),
        ("AVG", [None], None),
        ("COUNT", [None, "a", "a", False], Decimal(3)),
        ("COUNT", [], Decimal(0)),
        ("COUNT_DISTINCT", [None, Decimal("1.0"), Decimal(1), Decimal(2)], Decimal(2)),
        ("MIN", [Decimal(9), Decimal(10), None], Decimal(9)),
        ("MAX", ["20240229", None, "20240301"], "20240301"),
        ("MAX", [None], None),
    ],
    ids=str,
)
def test_aggregate(function: str, values: list[Cell], expected: Cell) -> None:
    assert aggregate(function, values) == expected


def test_texts_cannot_be_added_up() -> None:
    with pytest.raises(ReportError, match="'a' is no number"):
        aggregate("SUM", ["a"])
