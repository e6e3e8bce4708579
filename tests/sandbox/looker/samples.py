"""Answers of a small, well-behaved connector."""

from typing import Any

from sandbox.looker.protocol import Field, check_schema


def field(name: str, semantic_type: str = "TEXT", data_type: str = "STRING", **more: Any) -> dict[str, Any]:
    semantics = {"conceptType": "DIMENSION", "semanticType": semantic_type}
    return {"name": name, "label": name.title(), "dataType": data_type, "semantics": semantics, **more}


def metric(name: str, **more: Any) -> dict[str, Any]:
    semantics = {"conceptType": "METRIC", "semanticType": "NUMBER", "isReaggregatable": True}
    shape = {"name": name, "label": name.title(), "dataType": "NUMBER", "defaultAggregationType": "SUM"}
    return {**shape, "semantics": semantics, **more}


def formula(name: str, text: str) -> dict[str, Any]:
    semantics = {"conceptType": "METRIC", "semanticType": "NUMBER", "isReaggregatable": False}
    return metric(name, formula=text, defaultAggregationType="AUTO", semantics=semantics)


SCHEMA: dict[str, Any] = {
    "schema": [
        field("city"),
        field("day", "YEAR_MONTH_DAY"),
        field("open", "BOOLEAN", "BOOLEAN"),
        field("size", "NUMBER", "NUMBER"),
        metric("calls"),
        metric("wait"),
        metric("wait_count", isHidden=True),
        formula("average_wait", "SUM($wait) / SUM($wait_count)"),
    ]
}

CONFIG: dict[str, Any] = {
    "configParams": [
        {"type": "INFO", "name": "notice", "text": "Times are UTC."},
        {
            "type": "SELECT_SINGLE",
            "name": "dataset",
            "displayName": "Dataset",
            "options": [{"label": "Calls", "value": "calls"}, {"label": "Chats", "value": "chats"}],
        },
        {
            "type": "TEXTINPUT",
            "name": "zone",
            "displayName": "Zone",
            "parameterControl": {"allowOverride": True},
        },
        {"type": "CHECKBOX", "name": "explain", "displayName": "Explain"},
    ],
    "dateRangeRequired": True,
    "isSteppedConfig": False,
}


def fields() -> dict[str, Field]:
    return check_schema(SCHEMA)
