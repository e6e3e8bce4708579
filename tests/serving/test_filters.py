from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalog import load_catalog
from backend.errors import InvalidFilterError
from backend.serving.filters import MAX_FILTERS, read_filters
from backend.serving.request import Filter, Value

DETAILS = load_catalog()["interaction_details"]


def condition(field: str, operator: str, *values: Value, kind: str = "INCLUDE") -> Filter:
    return Filter(field, operator, kind, list(values))


def read_one(item: Filter) -> Any:
    predicates = read_filters([[item]], DETAILS)
    return None if predicates is None else predicates[0][0].values


@pytest.mark.parametrize(
    ("item", "values"),
    [
        pytest.param(condition("channel", "EQUALS", "VOICE"), ("VOICE",), id="text"),
        pytest.param(condition("channel", "EQUALS", ""), ("",), id="empty text"),
        pytest.param(condition("queue_name", "EQUALS", 437380.0), ("437380",), id="whole float"),
        pytest.param(condition("queue_name", "EQUALS", 1.5), ("1.5",), id="float"),
        pytest.param(condition("queue_name", "EQUALS", 12), ("12",), id="integer"),
        pytest.param(condition("queue_name", "EQUALS", True), ("true",), id="boolean"),
        pytest.param(condition("channel", "IN_LIST", "VOICE", "CHAT"), (("VOICE", "CHAT"),), id="list"),
        pytest.param(condition("channel", "BETWEEN", "A", "D"), ("A", "D"), id="between"),
        pytest.param(condition("channel", "IS_NULL", "ignored"), (), id="is null with values"),
        pytest.param(Filter("channel", "IS_NULL", "EXCLUDE"), (), id="is null without values"),
        pytest.param(condition("channel", "CONTAINS", "%_'"), ("%_'",), id="contains"),
        pytest.param(condition("channel", "REGEXP_PARTIAL_MATCH", "^V"), ("^V",), id="partial match"),
        pytest.param(condition("channel", "REGEXP_EXACT_MATCH", "a|b"), ("^(?:a|b)$",), id="exact match"),
        pytest.param(
            condition("channel", "REGEXP_EXACT_MATCH", r"a\Q.b"), (r"^(?:a\Q.b\E)$",), id="exact match of a quotation"
        ),
        pytest.param(condition("channel", "REGEXP_EXACT_MATCH", r"\Qa\E\\Q"), (r"^(?:\Qa\E\\Q)$",), id="a closed one"),
        pytest.param(condition("created_day_utc", "EQUALS", "20240310"), ("20240310",), id="compact day"),
        pytest.param(condition("created_day_utc", "EQUALS", "2024-03-10"), ("20240310",), id="dashed day"),
        pytest.param(condition("created_day_utc", "EQUALS", 20240310), ("20240310",), id="day as a number"),
        pytest.param(condition("created_hour_utc", "EQUALS", "2024-03-10 07"), ("2024031007",), id="dashed hour"),
        pytest.param(condition("created_hour_utc", "EQUALS", "2024-03-10T07"), ("2024031007",), id="hour with T"),
        pytest.param(condition("created_date_utc", "EQUALS", "2024-03-10T06:59:59"), ("20240310065959",), id="second"),
        pytest.param(
            condition("created_date_utc", "BETWEEN", "2024-03-10 06:59:59", "20240310070000"),
            ("20240310065959", "20240310070000"),
            id="seconds in both forms",
        ),
    ],
)
def test_values_in_served_form(item: Filter, values: tuple[object, ...]) -> None:
    assert read_one(item) == values


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(condition("channel", "NEW_OP", "VOICE"), id="unknown operator"),
        pytest.param(condition("channel", "equals", "VOICE"), id="operator in lower case"),
        pytest.param(condition("channel", "EQUALS", "VOICE", kind="MAYBE"), id="unknown type"),
        pytest.param(condition("interactions", "EQUALS", 1), id="metric"),
        pytest.param(condition("avg_wait_time_sec", "IS_NULL"), id="ratio"),
        pytest.param(condition("agent_id", "EQUALS", "x"), id="column that is not served"),
        pytest.param(condition("nothing", "EQUALS", "x"), id="unknown field"),
        pytest.param(condition("queue_name", "NUMERIC_GREATER_THAN", 5), id="number operator on text"),
        pytest.param(condition("created_day_utc", "CONTAINS", "2024"), id="text operator on a day"),
        pytest.param(condition("created_day_utc", "REGEXP_PARTIAL_MATCH", "("), id="regular expression on a day"),
        pytest.param(condition("channel", "EQUALS"), id="no value"),
        pytest.param(Filter("channel", "EQUALS", "INCLUDE", None), id="absent values"),
        pytest.param(condition("channel", "EQUALS", "A", "B"), id="two values for equals"),
        pytest.param(condition("channel", "EQUALS", None), id="null value"),
        pytest.param(condition("channel", "IN_LIST"), id="empty list"),
        pytest.param(condition("channel", "IN_LIST", "A", None), id="null in a list"),
        pytest.param(condition("channel", "BETWEEN", "A"), id="half a range"),
        pytest.param(condition("created_day_utc", "EQUALS", "2024-02-30"), id="no such day"),
        pytest.param(condition("created_day_utc", "EQUALS", "2024031007"), id="hour for a day"),
        pytest.param(condition("created_hour_utc", "EQUALS", "20240310"), id="day for an hour"),
        pytest.param(condition("created_day_utc", "EQUALS", "2024-3-10"), id="one digit"),
        pytest.param(condition("created_day_utc", "EQUALS", "\u0662\u0660\u0662\u06640310"), id="other digits"),
        pytest.param(condition("created_day_utc", "EQUALS", True), id="boolean for a day"),
        pytest.param(condition("created_day_utc", "IN_LIST", "20240310", "soon"), id="one bad day in a list"),
    ],
)
def test_one_filter_that_does_not_fit_leaves_all_unapplied(item: Filter) -> None:
    good = condition("channel", "EQUALS", "VOICE")
    assert read_filters([[good], [item]], DETAILS) is None
    assert read_filters([[good, item]], DETAILS) is None


def test_an_empty_group_leaves_all_unapplied() -> None:
    assert read_filters([[condition("channel", "EQUALS", "VOICE")], []], DETAILS) is None


@pytest.mark.parametrize("groups", [None, []])
def test_no_filters_are_all_applied(groups: list[list[Filter]] | None) -> None:
    assert read_filters(groups, DETAILS) == ()


def test_groups_keep_their_shape() -> None:
    first, second = condition("channel", "EQUALS", "VOICE"), condition("direction", "EQUALS", "inbound", kind="EXCLUDE")
    predicates = read_filters([[first, second], [second]], DETAILS)
    assert predicates is not None
    assert [[(item.field.name, item.exclude) for item in group] for group in predicates] == [
        [("channel", False), ("direction", True)],
        [("direction", True)],
    ]


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "a{1001}", r"\1", "[b-a]"])
@pytest.mark.parametrize("operator", ["REGEXP_PARTIAL_MATCH", "REGEXP_EXACT_MATCH"])
def test_a_regular_expression_that_re2_refuses_is_named_with_its_field(pattern: str, operator: str) -> None:
    with pytest.raises(InvalidFilterError) as refused:
        read_filters([[condition("queue_name", operator, pattern)]], DETAILS)
    assert "'Queue'" in refused.value.message
    assert f"'{pattern}'" in refused.value.message


@pytest.mark.parametrize("pattern", ["a)(b", "a)|(b"])
def test_an_exact_match_cannot_break_out_of_its_anchors(pattern: str) -> None:
    with pytest.raises(InvalidFilterError):
        read_filters([[condition("queue_name", "REGEXP_EXACT_MATCH", pattern)]], DETAILS)


def test_more_filters_than_a_query_holds_are_refused() -> None:
    item = condition("channel", "EQUALS", "VOICE")
    assert read_filters([[item] * MAX_FILTERS], DETAILS) is not None
    with pytest.raises(InvalidFilterError, match="more than 500 filters"):
        read_filters([[item]] * (MAX_FILTERS + 1), DETAILS)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
FIELDS = st.sampled_from([field.name for field in DETAILS.fields]) | st.text(max_size=8)
OPERATORS = st.sampled_from(["EQUALS", "IN_LIST", "BETWEEN", "IS_NULL", "CONTAINS", "NUMERIC_LESS_THAN"]) | st.text(
    max_size=8
)
FILTERS = st.builds(
    Filter,
    FIELDS,
    OPERATORS,
    st.sampled_from(["INCLUDE", "EXCLUDE"]) | st.text(max_size=8),
    st.none() | st.lists(VALUES, max_size=4),
)


@given(groups=st.lists(st.lists(FILTERS, max_size=3), max_size=3))
def test_filters_are_applied_all_or_none(groups: list[list[Filter]]) -> None:
    together = read_filters(groups, DETAILS)
    alone = [read_filters([[item]], DETAILS) for group in groups for item in group]
    if all(groups) and None not in alone:
        assert together is not None
        assert [predicate for group in together for predicate in group] == [
            predicate for single in alone if single for group in single for predicate in group
        ]
    else:
        assert together is None
