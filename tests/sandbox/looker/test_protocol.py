"""What the host refuses in an answer: each case changes one thing in answers that it accepts."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from sandbox.looker.data_answer import check_data
from sandbox.looker.errors import ProtocolError
from sandbox.looker.field_types import SEMANTIC_TYPES
from sandbox.looker.protocol import check_auth_type, check_boolean, check_config, check_credentials, check_schema
from tests.sandbox.looker.samples import CONFIG, field, fields, formula, metric

type Change = Callable[[Any], Any]


def test_accepts_a_good_configuration() -> None:
    config = check_config(CONFIG)
    assert list(config.parameters) == ["notice", "dataset", "zone", "explain"]
    assert config.parameters["dataset"].options == ("calls", "chats")
    assert [p.name for p in config.parameters.values() if p.overridable] == ["zone"]
    assert (config.date_range_required, config.stepped) == (True, False)


CONFIG_REFUSALS: dict[str, tuple[Change, str]] = {
    "unknown key": (lambda c: c.update(extra=1), "keys that the host does not know: extra"),
    "null in place of an absent key": (lambda c: c["configParams"][1].update(helpText=None), "helpText is null"),
    "unknown type": (lambda c: c["configParams"][1].update(type="TEXT"), "'TEXT' is none of"),
    "same name twice": (lambda c: c["configParams"][1].update(name="zone"), "zone occurs more than once"),
    "no label": (lambda c: c["configParams"][2].pop("displayName"), "displayName: expected a text"),
    "information without text": (lambda c: c["configParams"][0].pop("text"), "text: expected a text"),
    "no options": (lambda c: c["configParams"][1].update(options=[]), "needs options"),
    "comma in an option": (lambda c: c["configParams"][1]["options"][0].update(value="a,b"), "comma"),
    "option twice": (lambda c: c["configParams"][1]["options"][0].update(value="chats"), "more than once"),
    "options of a text": (lambda c: c["configParams"][2].update(options=[]), "has no options"),
    "placeholder of a box": (lambda c: c["configParams"][3].update(placeholder="x"), "has no placeholder"),
    "dynamic and overridable": (lambda c: c["configParams"][2].update(isDynamic=True), "cannot be overridable"),
    "text as boolean": (lambda c: c.update(dateRangeRequired="true"), "dateRangeRequired: expected true or false"),
}


@pytest.mark.parametrize(("change", "problem"), CONFIG_REFUSALS.values(), ids=CONFIG_REFUSALS.keys())
def test_refuses_a_configuration(change: Change, problem: str) -> None:
    config = deepcopy(CONFIG)
    change(config)
    with pytest.raises(ProtocolError, match=problem) as raised:
        check_config(config)
    assert raised.value.call == "getConfig"


def test_accepts_a_good_schema() -> None:
    schema = fields()
    assert [name for name, declared in schema.items() if declared.is_metric] == [
        "calls",
        "wait",
        "wait_count",
        "average_wait",
    ]
    assert schema["average_wait"].formula is not None
    assert schema["average_wait"].formula.inputs == ("wait", "wait_count")
    assert (schema["wait_count"].hidden, schema["calls"].hidden) == (True, False)


SCHEMA_REFUSALS: dict[str, tuple[Any, str]] = {
    "no fields": ([], "has no fields"),
    "name twice": ([field("a"), field("a")], "a occurs more than once"),
    "name with a dash": ([field("a-b")], "letters, digits and underscores"),
    "unknown type": ([field("a", "SECOND")], "'SECOND' is none of"),
    "data type that does not fit": ([field("a", "YEAR", "NUMBER")], "'NUMBER' is none of STRING"),
    "type left to a guess": ([{**field("a"), "semantics": {"conceptType": "DIMENSION"}}], "lacks semanticType"),
    "no concept": ([{**field("a"), "semantics": {"semanticType": "TEXT"}}], "lacks conceptType"),
    "unknown aggregation": ([metric("a", defaultAggregationType="NONE")], "'NONE' is none of"),
    "aggregation that is ignored": ([formula("a", "COUNT($b)") | {"defaultAggregationType": "SUM"}], "is ignored"),
    "unknown key": ([field("a", datatype="STRING")], "does not know: datatype"),
    "null label": ([field("a") | {"label": None}], "label is null"),
    "empty description": ([field("a", description="")], "description: expected a text"),
    "formula over nothing": ([formula("a", "SUM($b)")], "reads b, which the schema lacks"),
    "formula over a formula": (
        [metric("c"), formula("b", "SUM($c)"), formula("a", "SUM($b)")],
        "reads b, which is a formula itself",
    ),
    "formula that cannot be read": ([metric("b"), formula("a", "SUM($b")], "ends too early"),
    "no list": ({}, "expected a list"),
}


@pytest.mark.parametrize(("schema", "problem"), SCHEMA_REFUSALS.values(), ids=SCHEMA_REFUSALS.keys())
def test_refuses_a_schema(schema: Any, problem: str) -> None:
    with pytest.raises(ProtocolError, match=problem) as raised:
        check_schema({"schema": schema})
    assert raised.value.call == "getSchema"


REQUEST = {"fields": [{"name": "size", "forFilterOnly": True}, {"name": "city"}, {"name": "open"}, {"name": "calls"}]}
ANSWER = {
    "schema": [
        {"name": "city", "dataType": "STRING"},
        {"name": "open", "dataType": "BOOLEAN"},
        {"name": "calls", "dataType": "NUMBER"},
    ],
    "rows": [{"values": ["Zürich", True, "918.737"]}, {"values": [None, None, None]}, {"values": ["", False, "-0.5"]}],
    "filtersApplied": True,
}


def test_accepts_good_data() -> None:
    answer = check_data(ANSWER, REQUEST, fields())
    assert [str(cell) for cell in answer.rows[0]] == ["Zürich", "True", "918.737"]
    assert answer.rows[1] == (None, None, None)


DATA_REFUSALS: dict[str, tuple[Change, str]] = {
    "field too many": (lambda d: d["schema"].append({"name": "day", "dataType": "STRING"}), "not the requested fields"),
    "field too few": (lambda d: d["schema"].pop(), "not the requested fields"),
    "other order": (lambda d: d["schema"].reverse(), "in another order than requested"),
    "other data type": (lambda d: d["schema"][2].update(dataType="STRING"), "'STRING' is none of NUMBER"),
    "filter field left out without filtering": (lambda d: d.update(filtersApplied=False), "not the requested fields"),
    "no word of filters": (lambda d: d.pop("filtersApplied"), "not the requested fields"),
    "filters applied as a list": (lambda d: d.update(filtersApplied=[]), "expected true or false"),
    "unknown key": (lambda d: d.update(cachedData=True), "does not know: cachedData"),
    "row too short": (lambda d: d["rows"][1]["values"].pop(), r"rows\[1\].values: 2 values for 3 columns"),
    "row as a list": (lambda d: d["rows"].append(["a", True, "1"]), r"rows\[3\]: expected an object"),
    "number as a number": (lambda d: d["rows"][0]["values"].__setitem__(2, 1), "1 is not decimal text"),
    "boolean as a text": (lambda d: d["rows"][0]["values"].__setitem__(1, "true"), "'true' is not true or false"),
    "text as a number": (lambda d: d["rows"][0]["values"].__setitem__(0, 7), "7 is not text"),
    "exponent": (lambda d: d["rows"][0]["values"].__setitem__(2, "1E+3"), r"rows\[0\].calls \(NUMBER\)"),
}


@pytest.mark.parametrize(("change", "problem"), DATA_REFUSALS.values(), ids=DATA_REFUSALS.keys())
def test_refuses_data(change: Change, problem: str) -> None:
    answer = deepcopy(ANSWER)
    change(answer)
    with pytest.raises(ProtocolError, match=problem) as raised:
        check_data(answer, REQUEST, fields())
    assert raised.value.call == "getData"


def test_refuses_more_rows_than_the_host_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.looker.data_answer.MAX_ROWS", 2)
    with pytest.raises(ProtocolError, match="3 rows are more than the 2"):
        check_data(ANSWER, REQUEST, fields())


@pytest.mark.parametrize(
    ("semantic_type", "good", "bad"),
    [
        ("YEAR", ["2024"], ["24", "2024-"]),
        ("YEAR_QUARTER", ["20241"], ["20240", "20245"]),
        ("YEAR_MONTH", ["202412"], ["202413", "2024-12"]),
        ("YEAR_WEEK", ["202401", "202453"], ["202400", "202454"]),
        ("YEAR_MONTH_DAY", ["20240229"], ["20230229", "2024-02-29", "20240230"]),
        ("YEAR_MONTH_DAY_HOUR", ["2024031000"], ["2024031024", "20240310"]),
        ("YEAR_MONTH_DAY_MINUTE", ["202403101159"], ["202403101160"]),
        ("YEAR_MONTH_DAY_SECOND", ["20240310065959"], ["20240310065960", "2024-03-10T06:59:59Z", "20240431000000"]),
        ("HOUR", ["00", "23"], ["0", "24"]),
        ("DAY_OF_WEEK", ["0", "6"], ["7", "00"]),
        ("DURATION", ["6199"], ["1.5", "PT1H"]),
        ("NUMBER", ["0", "-1.50", "12345678901234567890123456789.123456789"], ["", "NaN", "1,000", "1e3", "+1", "01"]),
        ("PERCENT", ["1.37"], ["137%", ".5"]),
        ("CURRENCY_EUR", ["1234.56"], ["€1"]),
        ("COUNTRY_CODE", ["US"], ["USA"]),
        ("LATITUDE_LONGITUDE", ["51.5074, -0.1278"], ["51.5074"]),
        ("URL", ["https://example.com/a?b"], ["example.com"]),
        ("TEXT", ["", "a\nb", "null"], []),
        ("BOOLEAN", [True, False], ["true", 1]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_forms_of_values(semantic_type: str, good: list[Any], bad: list[Any]) -> None:
    for value in [*good, None]:
        SEMANTIC_TYPES[semantic_type].parse(value)
    for value in bad:
        with pytest.raises(ValueError, match=r"is not|day|month"):
            SEMANTIC_TYPES[semantic_type].parse(value)


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (check_auth_type, {"type": "TOKEN"}),
        (check_auth_type, {"type": ["KEY"]}),
        (check_auth_type, {"type": "KEY", "help": "x"}),
        (check_credentials, {"errorCode": "OK"}),
        (check_credentials, {"errorCode": "NONE", "message": "x"}),
        (lambda answer: check_boolean("isAuthValid", answer), None),
    ],
    ids=["auth type", "auth type in a list", "auth type with more", "error code", "credentials with more", "validity"],
)
def test_refuses_sign_in_answers(check: Change, answer: Any) -> None:
    with pytest.raises(ProtocolError):
        check(answer)
