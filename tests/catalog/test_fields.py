"""What a field may be: the parts that fit together, and what is said of those that do not."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from backend.catalog.fields import ServedField
from backend.catalog.model import Dataset

TEXTS = {"name": "field", "label": "Field", "description": "A field.", "group": "Group"}
DIMENSION = {"kind": "dimension", "type": "TEXT", "column": "queue", **TEXTS}
METRIC = {"kind": "metric", "aggregate": "sum", "column": "calls", **TEXTS}
DATASET: dict[str, Any] = {
    "name": "visits",
    "label": "Visits",
    "description": "Visits.",
    "table": {
        "partition": "started",
        "columns": [
            {"name": name, "type": kind, "description": "A column."}
            for name, kind in [("started", "TIMESTAMP"), ("queue", "STRING"), ("calls", "INT64"), ("done", "BOOL")]
        ],
    },
}


def without(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in keys}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param(without(DIMENSION, "column"), "of a `column` or of a `fact`", id="dimension of nothing"),
        pytest.param(DIMENSION | {"fact": "settled_through"}, "of a `column` or of a `fact`", id="dimension of two"),
        pytest.param(DIMENSION | {"form": "negated"}, "`negated` is BOOLEAN", id="negated text"),
        pytest.param(DIMENSION | {"type": "HOUR", "form": "utc_offset"}, "`utc_offset` is TEXT", id="offset as hour"),
        pytest.param(DIMENSION | {"zone": "there"}, "'utc' or 'local'", id="unknown zone"),
        pytest.param(METRIC | {"aggregate": "count"}, "`count` counts rows", id="count of a column"),
        pytest.param(without(METRIC, "column"), "every other aggregate needs one", id="sum of nothing"),
        pytest.param(METRIC | {"terms": [{"column": "calls"}]}, "`terms` are for a `total`", id="terms of a sum"),
        pytest.param(METRIC | {"aggregate": "total", "since": "started"}, "`since` is for `sum`", id="total since"),
        pytest.param(
            without(METRIC, "column") | {"aggregate": "total", "terms": [{"column": "calls", "when": "always"}]},
            "includeFlowOuts",
            id="unknown switch",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(ServedField).validate_python(entry)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param(DIMENSION | {"type": "BOOLEAN"}, "'queue' is STRING; expected BOOL", id="boolean of a text"),
        pytest.param(
            DIMENSION | {"form": "utc_offset"}, "'queue' is STRING; expected TIMESTAMP", id="offset of a text"
        ),
        pytest.param(DIMENSION | {"type": "YEAR_WEEK"}, "'queue' is STRING; expected TIMESTAMP", id="week of a text"),
        pytest.param(METRIC | {"since": "started"}, "'calls' is INT64; expected TIMESTAMP", id="time of a number"),
        pytest.param(
            METRIC | {"column": "started", "since": "queue"}, "'queue' is STRING; expected TIMESTAMP", id="since a text"
        ),
        pytest.param(
            without(METRIC, "column") | {"aggregate": "total", "terms": [{"column": "queue"}]},
            "'queue' is STRING; expected INT64 or NUMERIC",
            id="term of a text",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Dataset.model_validate(DATASET | {"fields": [entry]})


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(without(DIMENSION, "column") | {"fact": "settled_through", "type": "HOUR"}, id="fact"),
        pytest.param(DIMENSION | {"column": "started", "form": "utc_offset", "zone": "local"}, id="offset"),
        pytest.param(DIMENSION | {"column": "done", "type": "BOOLEAN", "form": "negated"}, id="negated"),
        pytest.param(DIMENSION | {"column": "started", "type": "BOOLEAN", "form": "unsettled"}, id="unsettled"),
        pytest.param(METRIC | {"column": "started", "since": "started"}, id="since"),
        pytest.param(METRIC | {"milliseconds": True}, id="milliseconds"),
    ],
)
def test_parts_that_fit_are_taken(entry: dict[str, Any]) -> None:
    assert Dataset.model_validate(DATASET | {"fields": [entry]}).fields[0].name == "field"
