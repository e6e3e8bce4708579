import pytest

from backend.catalog import load_catalog
from backend.serving.config import read_config
from backend.serving.request import DataRequest, DateRange, Filter, RequestedField, Value
from backend.serving.selection import Selection, read_selection
from backend.serving.sql import Query, build_counts, build_query
from tests.conftest import Golden

CATALOG = load_catalog()
TABLE = "`project.genesys.interaction_details`"


def rendered(query: Query) -> str:
    lines = [f"-- @{parameter.name} {parameter.type} {_shown(parameter.value)}" for parameter in query.parameters]
    return "\n".join([query.text, "", *lines, ""])


def _shown(value: object) -> str:
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) else str(value)


def ask(*names: str, filters: list[list[Filter]] | None = None, **params: str) -> DataRequest:
    return DataRequest(
        config_params=dict(params),
        date_range=DateRange("2024-03-10", "2024-03-11"),
        fields=[RequestedField(name) for name in names],
        dimensions_filters=filters,
    )


def include(field: str, operator: str, *values: Value) -> Filter:
    return Filter(field, operator, "INCLUDE", list(values))


def exclude(field: str, operator: str, *values: Value) -> Filter:
    return Filter(field, operator, "EXCLUDE", list(values))


def select(request: DataRequest) -> Selection:
    return read_selection(request, read_config(request.config_params, CATALOG))


METRICS = ["interactions", "answered", "wait_time_sec", "wait_count", "avg_wait_time_sec", "abandonment_rate"]

REQUESTS = {
    "scorecard": ask(*METRICS),
    "channel_by_day": ask("created_day_utc", "interactions", "channel", "talk_time_sec"),
    "dimensions_only": ask("queue_name", "agent_name"),
    "times_and_labels": ask("created_date_utc", "created_hour_utc", "updated_date_utc", "disposition_code"),
    "interactions": ask("channel", *METRICS, detail="interaction"),
    "zone": ask("channel", timeZone="America/Chicago"),
    "local_times": ask(
        *("created_date_local", "created_hour_local", "created_day_local", "created_week_local", "hour_of_day_local"),
        *("day_of_week_local", "utc_offset", "is_provisional", "settled_through", "interactions"),
        timeZone="Asia/Kathmandu",
        filters=[
            [include("is_provisional", "EQUALS", True), include("hour_of_day_local", "NUMERIC_LESS_THAN", "09")],
            [exclude("created_week_local", "IN_LIST", "2024-10", "202411")],
        ],
    ),
    "queue_performance": ask(
        *("interval_day_local", "queue_name", "is_provisional", "offered", "handle_time_sec", "service_level_met"),
        *("service_level_base", "service_level"),
        dataset="queue_performance",
        timeZone="Europe/Berlin",
        includeFlowOuts="true",
    ),
    "half_hours": ask(
        "interval_start_utc", "service_level_base", "wait_time_sec", dataset="queue_performance", detail="interaction"
    ),
    "pipeline_runs": ask(
        *(
            "started_day_utc",
            "run_status",
            "runs",
            "accounted",
            "freshness_sec",
            "watermarked_runs",
            "avg_duration_sec",
        ),
        dataset="pipeline_runs",
    ),
    "time_check": ask(
        *("created_date_utc", "created_date_local", "occasion", "is_right", "right_instants"), dataset="time_check"
    ),
    "filters": ask(
        "interactions",
        filters=[
            [
                include("channel", "EQUALS", "VOICE"),
                exclude("disposition_code", "IN_LIST", "Sale", "Unanswered/Abandoned"),
            ],
            [include("created_hour_utc", "BETWEEN", "2024-03-10 07", "2024031009")],
            [exclude("queue_name", "IS_NULL")],
        ],
    ),
    "text_filters": ask(
        "interactions",
        filters=[
            [include("queue_name", "CONTAINS", "%' OR 1=1 --"), exclude("queue_name", "REGEXP_PARTIAL_MATCH", "^Bill")],
            [include("skill_name", "REGEXP_EXACT_MATCH", "a|b")],
        ],
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_statement_of_a_request(name: str, golden: Golden) -> None:
    selection = select(REQUESTS[name])
    table = f"`project.genesys.{selection.dataset.table_name}`"
    golden(f"serving/{name}.sql", rendered(build_query(selection, table)))


def test_the_statement_that_counts_smaller_answers(golden: Golden) -> None:
    selection = select(ask("created_date_utc", "channel", "interactions"))
    moment, channel = selection.dimensions
    golden("serving/counts.sql", rendered(build_counts(selection, TABLE, [[channel], [moment, channel], []])))


@pytest.mark.parametrize(
    "value", ["'", '"', "`", "\\", "; DROP TABLE x", "@p0", "{0}", "{field}", "/*", "--", "\0", "\n"]
)
def test_no_value_reaches_the_text(value: str) -> None:
    plain, hostile = (
        build_query(select(ask("interactions", filters=[[include("queue_name", "EQUALS", text)]])), TABLE)
        for text in ("Billing", value)
    )
    assert hostile.text == plain.text
    assert value in [parameter.value for parameter in hostile.parameters]
