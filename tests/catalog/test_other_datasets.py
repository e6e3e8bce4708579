"""The declared datasets beside single interactions."""

import pytest

from backend.catalog import load_catalog, looker_schema

CATALOG = load_catalog()


def test_the_table_of_queue_performance_has_the_designed_columns() -> None:
    columns = {column.name: column.type for column in CATALOG["queue_performance"].table.columns}
    texts = ("queue_id", "queue_name", "channel", "direction", "agent_id", "agent_name")
    counts = ("offered", "answered", "answered_over_target", "abandoned", "short_abandoned", "flow_out", "handled")
    times = ("answer_time", "wait_time", "abandon_time", "talk_time", "hold_time", "after_call_work_time")
    assert columns == {
        "interval_start": "TIMESTAMP",
        **dict.fromkeys(texts, "STRING"),
        **dict.fromkeys((*counts, "transferred", *times, "handle_time"), "INT64"),
    }
    assert CATALOG["queue_performance"].table.partition == "interval_start"


@pytest.mark.parametrize(
    ("dataset", "table", "origin", "dated"),
    [
        ("interaction_details", "interaction_details", "declared", True),
        ("queue_performance", "queue_performance", "declared", True),
        ("pipeline_runs", "extraction_runs", "system", False),
        ("time_check", "time_check", "computed", False),
    ],
)
def test_whose_table_it_is(dataset: str, table: str, origin: str, dated: bool) -> None:
    declared = CATALOG[dataset]
    assert (declared.table_name, declared.table.origin, declared.dated) == (table, origin, dated)


@pytest.mark.parametrize("dataset", CATALOG)
def test_each_dataset_starts_with_one_dimension_and_one_metric(dataset: str) -> None:
    shapes = [shape for shape in looker_schema(CATALOG[dataset]) if shape.get("isDefault")]
    assert [shape["semantics"]["conceptType"] for shape in shapes] == ["DIMENSION", "METRIC"]


def test_the_parts_of_the_service_level_are_hidden() -> None:
    schema = {shape["name"]: shape for shape in looker_schema(CATALOG["queue_performance"])}
    assert {name for name, shape in schema.items() if shape.get("isHidden")} == {
        "service_level_met",
        "service_level_base",
    }
    assert schema["service_level"]["formula"] == "SUM($service_level_met) / SUM($service_level_base)"
    assert schema["is_provisional"]["dataType"] == "BOOLEAN"
