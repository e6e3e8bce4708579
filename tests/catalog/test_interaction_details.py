"""The declared dataset: what the warehouse holds, and exactly the fields that are served."""

import pytest

from backend.catalog import Dimension, Metric, load_catalog, looker_schema
from backend.errors import UnknownFieldError

DATASET = load_catalog()["interaction_details"]
SCHEMA = {field["name"]: field for field in looker_schema(DATASET)}


def test_the_table_has_the_designed_columns() -> None:
    columns = {column.name: column.type for column in DATASET.table.columns}
    assert columns == {
        "id": "STRING",
        "created_date": "TIMESTAMP",
        "updated_date": "TIMESTAMP",
        "ended_date": "TIMESTAMP",
        "channel": "STRING",
        "direction": "STRING",
        "queue_id": "STRING",
        "queue_name": "STRING",
        "first_queue_name": "STRING",
        "skill_name": "STRING",
        "agent_id": "STRING",
        "agent_name": "STRING",
        "team_name": "STRING",
        "location_name": "STRING",
        "wait_time": "NUMERIC",
        "talk_time": "NUMERIC",
        "hold_time": "NUMERIC",
        "wrap_up_time": "NUMERIC",
        "handle_time": "NUMERIC",
        "disposition_code": "STRING",
        "outcome": "STRING",
        "abandoned": "BOOL",
        "answered": "BOOL",
        "transferred": "BOOL",
        "settled": "BOOL",
        "deleted_at": "TIMESTAMP",
        "record_hash": "STRING",
        "extracted_at": "TIMESTAMP",
    }
    assert DATASET.table.partition == "created_date"


def test_the_served_fields_are_the_agreed_ones() -> None:
    dimensions = [field.name for field in DATASET.fields if isinstance(field, Dimension)]
    assert sorted(dimensions) == sorted(
        [
            *("created_date_utc", "created_hour_utc", "created_day_utc", "updated_date_utc", "channel", "direction"),
            *("queue_name", "skill_name", "disposition_code", "agent_name", "team_name", "location_name", "outcome"),
            *("created_date_local", "created_hour_local", "created_day_local", "created_week_local", "utc_offset"),
            *("hour_of_day_local", "day_of_week_local", "is_provisional", "settled_through"),
        ]
    )
    others = {field.name for field in DATASET.fields} - set(dimensions)
    assert {name for name in others if not SCHEMA[name].get("isHidden")} == {
        *("interactions", "wait_time_sec", "talk_time_sec", "hold_time_sec", "wrap_up_time_sec", "handle_time_sec"),
        *("answered", "abandoned"),
        *("avg_wait_time_sec", "avg_talk_time_sec", "avg_handle_time_sec", "abandonment_rate"),
    }
    assert {name for name in others if SCHEMA[name].get("isHidden")} == {"wait_count", "talk_count", "handle_count"}


@pytest.mark.parametrize("name", ["id", "agent_id", "queue_id", "record_hash", "extracted_at", "settled", "deleted_at"])
def test_what_is_for_the_warehouse_only_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(UnknownFieldError, match=f"no field '{name}'"):
        DATASET.field(name)


def test_an_unknown_field_is_quoted_with_the_nearest_name() -> None:
    with pytest.raises(UnknownFieldError, match=r"no field 'que\?ue_nam'\. Did you mean 'queue_name'\?"):
        DATASET.field("que\nue_nam")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("created_date_utc", "YEAR_MONTH_DAY_SECOND"),
        ("created_hour_utc", "YEAR_MONTH_DAY_HOUR"),
        ("created_day_utc", "YEAR_MONTH_DAY"),
        ("updated_date_utc", "YEAR_MONTH_DAY_SECOND"),
        ("created_date_local", "YEAR_MONTH_DAY_SECOND"),
        ("created_hour_local", "YEAR_MONTH_DAY_HOUR"),
        ("created_day_local", "YEAR_MONTH_DAY"),
        ("created_week_local", "YEAR_WEEK"),
        ("hour_of_day_local", "HOUR"),
        ("day_of_week_local", "DAY_OF_WEEK"),
        ("settled_through", "YEAR_MONTH_DAY_SECOND"),
    ],
)
def test_times_are_text_of_their_semantic_type(name: str, kind: str) -> None:
    assert SCHEMA[name]["dataType"] == "STRING"
    assert SCHEMA[name]["semantics"] == {"conceptType": "DIMENSION", "semanticType": kind}


def test_yes_and_no_are_booleans() -> None:
    assert SCHEMA["is_provisional"]["dataType"] == "BOOLEAN"
    assert SCHEMA["is_provisional"]["semantics"] == {"conceptType": "DIMENSION", "semanticType": "BOOLEAN"}


def test_a_dimension_has_no_aggregation() -> None:
    assert set(SCHEMA["channel"]) == {"name", "label", "description", "group", "dataType", "semantics"}
    assert SCHEMA["channel"]["semantics"] == {"conceptType": "DIMENSION", "semanticType": "TEXT"}


def test_additive_metrics_may_be_summed_again() -> None:
    for field in DATASET.fields:
        if isinstance(field, Metric):
            shape = SCHEMA[field.name]
            assert (shape["dataType"], shape["defaultAggregationType"]) == ("NUMBER", "SUM")
            assert shape["semantics"] == {
                "conceptType": "METRIC",
                "semanticType": "NUMBER",
                "isReaggregatable": True,
            }
            assert "formula" not in shape


@pytest.mark.parametrize(
    ("name", "kind", "formula"),
    [
        ("avg_wait_time_sec", "NUMBER", "SUM($wait_time_sec) / SUM($wait_count)"),
        ("avg_talk_time_sec", "NUMBER", "SUM($talk_time_sec) / SUM($talk_count)"),
        ("avg_handle_time_sec", "NUMBER", "SUM($handle_time_sec) / SUM($handle_count)"),
        ("abandonment_rate", "PERCENT", "SUM($abandoned) / SUM($interactions)"),
    ],
)
def test_ratios_are_formulas_over_sums(name: str, kind: str, formula: str) -> None:
    shape = SCHEMA[name]
    assert (shape["dataType"], shape["defaultAggregationType"], shape["formula"]) == ("NUMBER", "AUTO", formula)
    assert shape["semantics"] == {"conceptType": "METRIC", "semanticType": kind, "isReaggregatable": False}


def test_a_data_source_starts_with_one_dimension_and_one_metric() -> None:
    assert [name for name, shape in SCHEMA.items() if shape.get("isDefault")] == ["created_day_utc", "interactions"]


def test_what_avg_would_spoil_says_so() -> None:
    for name in ("wait_time_sec", "talk_time_sec", "hold_time_sec", "wrap_up_time_sec", "handle_time_sec"):
        assert "AVG over it is wrong" in SCHEMA[name]["description"]
