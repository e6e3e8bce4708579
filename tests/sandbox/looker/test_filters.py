"""The reference filter: what each operator keeps, and the laws it obeys for whatever is thrown at it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.looker.errors import ReportError
from sandbox.looker.field_types import Cell
from sandbox.looker.filters import KINDS_OF_OPERATOR, Filter, FilterGroups, condition, row_filter
from tests.sandbox.looker.samples import fields

FIELDS = fields()
CITY, DAY, OPEN, SIZE = (FIELDS[name] for name in ("city", "day", "open", "size"))
ROW_FIELDS = (CITY, DAY, OPEN, SIZE)

CELLS: dict[str, st.SearchStrategy[Cell]] = {
    "city": st.none() | st.sampled_from(["", "Bern", "bern", "Zürich", "Zug", "a.b"]),
    "day": st.none() | st.sampled_from(["20240229", "20240301", "20241231"]),
    "open": st.none() | st.booleans(),
    "size": st.none() | st.decimals(min_value=-5, max_value=5, places=1),
}
ROWS = st.tuples(CELLS["city"], CELLS["day"], CELLS["open"], CELLS["size"])
LEAVES = st.one_of(
    st.builds(
        Filter,
        st.just("city"),
        st.sampled_from(["EQUALS", "CONTAINS", "IN_LIST", "REGEXP_EXACT_MATCH", "REGEXP_PARTIAL_MATCH", "IS_NULL"]),
        st.lists(st.sampled_from(["Bern", "Z", "b.*", ""]), min_size=1, max_size=3),
        st.booleans(),
    ),
    st.builds(
        Filter,
        st.just("day"),
        st.sampled_from(["EQUALS", "IN_LIST", "BETWEEN", "IS_NULL"]),
        st.lists(st.sampled_from(["20240229", "2024-03-01", "20241231"]), min_size=2, max_size=2),
        st.booleans(),
    ),
    st.builds(Filter, st.just("open"), st.just("EQUALS"), st.sampled_from([[True], ["false"]]), st.booleans()),
    st.builds(
        Filter,
        st.just("size"),
        st.sampled_from(
            [
                "EQUALS",
                "BETWEEN",
                "IN_LIST",
                *(operator for operator in sorted(KINDS_OF_OPERATOR) if "NUMERIC" in operator),
            ]
        ),
        st.lists(st.integers(-4, 4) | st.sampled_from(["0.5", "-1.0"]), min_size=2, max_size=2),
        st.booleans(),
    ),
)


def keeps(leaf: Filter, row: tuple[Cell, ...]) -> bool:
    return row_filter([[leaf]], ROW_FIELDS)(row)


@pytest.mark.parametrize(
    ("field", "operator", "values", "true", "false"),
    [
        ("city", "EQUALS", ["Bern"], ["Bern"], ["bern", "Bern ", ""]),
        ("city", "EQUALS", [""], [""], ["Bern"]),
        ("city", "EQUALS", [12.0], ["12"], ["12.0"]),
        ("city", "IN_LIST", ["Bern", "Zug"], ["Bern", "Zug"], ["Zürich"]),
        ("city", "CONTAINS", ["er"], ["Bern"], ["ER", ""]),
        ("city", "CONTAINS", ["."], ["a.b"], ["ab"]),
        ("city", "REGEXP_PARTIAL_MATCH", ["^B|g$"], ["Bern", "Zug"], ["aB"]),
        ("city", "REGEXP_EXACT_MATCH", ["B|Zug"], ["B", "Zug"], ["Zug ", "BZug"]),
        ("city", "REGEXP_EXACT_MATCH", ["(?i)ZÜ.*"], ["zürich"], ["zurich", "zü\n"]),
        ("city", "BETWEEN", ["B", "Z"], ["B", "Bern", "Z"], ["Zug", "a"]),
        ("day", "EQUALS", ["2024-03-01"], ["20240301"], ["20240302"]),
        ("day", "BETWEEN", ["20240229", "20240301"], ["20240229", "20240301"], ["20240302"]),
        ("open", "EQUALS", ["TRUE"], [True], [False]),
        ("open", "IN_LIST", [False], [False], [True]),
        ("size", "EQUALS", ["437380.0"], [Decimal("437380")], [Decimal("437380.1")]),
        ("size", "EQUALS", [437380.0], [Decimal("437380.00")], [Decimal("43738")]),
        ("size", "IN_LIST", [1, "2.50"], [Decimal("1"), Decimal("2.5")], [Decimal("2")]),
        ("size", "BETWEEN", [2, 10], [Decimal("2"), Decimal("9"), Decimal("10")], [Decimal("1.999"), Decimal("11")]),
        ("size", "NUMERIC_GREATER_THAN", [9], [Decimal("10")], [Decimal("9")]),
        ("size", "NUMERIC_GREATER_THAN_OR_EQUAL", [9], [Decimal("9"), Decimal("10")], [Decimal("8")]),
        ("size", "NUMERIC_LESS_THAN", [10], [Decimal("9")], [Decimal("10")]),
        ("size", "NUMERIC_LESS_THAN_OR_EQUAL", [10], [Decimal("10"), Decimal("9")], [Decimal("10.001")]),
    ],
)
def test_operator(field: str, operator: str, values: list[Any], true: list[Cell], false: list[Cell]) -> None:
    include = condition(Filter(field, operator, values), FIELDS[field])
    exclude = condition(Filter(field, operator, values, exclude=True), FIELDS[field])
    assert [include(cell) for cell in [*true, *false, None]] == [True] * len(true) + [False] * len(false) + [None]
    assert [exclude(cell) for cell in [*true, *false, None]] == [False] * len(true) + [True] * len(false) + [None]


@given(LEAVES, ROWS)
def test_include_and_exclude_part_the_rows_and_drop_null(leaf: Filter, row: tuple[Cell, ...]) -> None:
    opposite = Filter(leaf.field, leaf.operator, leaf.values, not leaf.exclude)
    cell = dict(zip(("city", "day", "open", "size"), row, strict=True))[leaf.field]
    kept = [keeps(leaf, row), keeps(opposite, row)]
    assert sum(kept) == (0 if cell is None and leaf.operator != "IS_NULL" else 1)


@given(st.lists(st.lists(LEAVES, min_size=1, max_size=3), max_size=3), ROWS)
def test_groups_are_and_of_or(groups: FilterGroups, row: tuple[Cell, ...]) -> None:
    expected = all(any(keeps(leaf, row) for leaf in group) for group in groups)
    assert row_filter(groups, ROW_FIELDS)(row) is expected


@given(CELLS["size"], st.integers(-4, 4), st.integers(-4, 4))
def test_between_is_both_comparisons(cell: Cell, low: int, high: int) -> None:
    row: tuple[Cell, ...] = (None, None, None, cell)
    between = keeps(Filter("size", "BETWEEN", [low, high]), row)
    at_least = keeps(Filter("size", "NUMERIC_GREATER_THAN_OR_EQUAL", [low]), row)
    at_most = keeps(Filter("size", "NUMERIC_LESS_THAN_OR_EQUAL", [high]), row)
    assert between is (at_least and at_most)


@pytest.mark.parametrize(
    ("leaf", "problem"),
    [
        (Filter("city", "STARTS_WITH", ["B"]), "STARTS_WITH does not fit a text field"),
        (Filter("city", "NUMERIC_LESS_THAN", [1]), "NUMERIC_LESS_THAN does not fit a text field"),
        (Filter("size", "CONTAINS", ["1"]), "CONTAINS does not fit a number field"),
        (Filter("open", "BETWEEN", [True, False]), "BETWEEN does not fit a boolean field"),
        (Filter("size", "EQUALS", ["many"]), "'many' is no number"),
        (Filter("size", "EQUALS", ["NaN"]), "'NaN' is no number"),
        (Filter("size", "EQUALS", [True]), "True is no number"),
        (Filter("open", "EQUALS", ["yes"]), "'yes' is no boolean"),
        (Filter("day", "EQUALS", ["2024"]), "'2024' is no date of the form YYYYMMDD"),
        (Filter("city", "EQUALS", []), "EQUALS lacks a value"),
        (Filter("day", "BETWEEN", ["20240301"]), "BETWEEN lacks a value"),
        (Filter("city", "REGEXP_EXACT_MATCH", ["a(?=b)"]), "RE2 refuses"),
        (Filter("street", "EQUALS", ["x"]), "the rows do not hold that field"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_cannot_be_applied(leaf: Filter, problem: str) -> None:
    with pytest.raises(ReportError, match=problem):
        row_filter([[leaf]], ROW_FIELDS)
