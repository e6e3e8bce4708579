"""Served answers against an independent computation, through HTTP and the real client on the embedded BigQuery."""

from collections import Counter
from typing import Any

import pytest

from backend.errors import WarehouseUnavailableError
from backend.serving.queries import Queries
from tests.serving.conftest import Ask, Served
from tests.serving.oracle import expected_rows

WEEK = {"startDate": "2024-03-09", "endDate": "2024-03-15"}

# The Storage API's reader announces that another package will take its place.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

type Body = dict[str, Any]


def body(*names: str, filters: list[list[Body]] | None = None, **params: str) -> Body:
    """`name?` stands for a field that is asked for its filter only."""
    fields = [{"name": name.rstrip("?")} | ({"forFilterOnly": True} if name.endswith("?") else {}) for name in names]
    request: Body = {"configParams": params, "dateRange": WEEK, "fields": fields}
    return request | ({"dimensionsFilters": filters} if filters is not None else {})


def condition(field: str, operator: str, *values: str, kind: str = "INCLUDE") -> Body:
    return {"fieldName": field, "type": kind, "operator": operator, "values": list(values)}


def assert_right(answer: Body, request: Body, served: Served) -> None:
    filtered = answer["filtersApplied"]
    names = [field["name"] for field in request["fields"] if not (filtered and field.get("forFilterOnly"))]
    assert [field["name"] for field in answer["schema"]] == names
    rows = [tuple(row["values"]) for row in answer["rows"]]
    assert Counter(rows) == Counter(expected_rows(served.rows, request, names, filtered=filtered))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(body("interactions", "wait_time_sec", "avg_wait_time_sec", "abandonment_rate"), id="scorecard"),
        pytest.param(body("queue_name", "disposition_code"), id="dimensions alone"),
        pytest.param(body("channel", detail="interaction"), id="dimensions of single interactions"),
        pytest.param(body("wait_time_sec", detail="interaction"), id="metrics of single interactions"),
        pytest.param(
            body("channel", "interactions", timeZone="America/Chicago")
            | {"dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-10"}},
            id="23 hours",
        ),
        pytest.param(
            body("created_day_utc", "interactions", filters=[[condition("channel", "IS_NULL")]]), id="null kept"
        ),
        pytest.param(
            body("queue_name", "interactions", filters=[[condition("queue_name", "EQUALS", "x", kind="EXCLUDE")]]),
            id="exclude drops null",
        ),
        pytest.param(
            body("queue_name", "interactions", filters=[[condition("queue_name", "EQUALS", "")]]),
            id="empty text is no null",
        ),
        pytest.param(
            body("interactions", "direction?", filters=[[condition("direction", "EQUALS", "inbound")]]),
            id="filter field left out",
        ),
        pytest.param(
            body("interactions", "direction?", filters=[[condition("direction", "NEW_OP")]]), id="filter field returned"
        ),
        pytest.param(
            body(
                "interactions",
                filters=[[condition("channel", "EQUALS", "VOICE"), condition("outcome", "EQUALS", "open")]],
            ),
            id="or",
        ),
    ],
)
def test_telling_requests(ask: Ask, served: Served, request_: Body) -> None:
    status, answer = ask(request_)
    assert status == 200, answer
    assert_right(answer, request_, served)


def test_sums_over_nothing_are_null_and_counts_zero(ask: Ask) -> None:
    nothing = body("interactions", "wait_time_sec", "wait_count", "avg_wait_time_sec", "abandoned") | {
        "dateRange": {"startDate": "1999-01-01", "endDate": "1999-12-31"}
    }
    assert ask(nothing)[1]["rows"] == [{"values": ["0", None, "0", None, "0"]}]
    assert ask(nothing | {"fields": [{"name": "channel"}, {"name": "interactions"}]})[1]["rows"] == []


def test_large_answers_are_equal_by_storage_api_and_by_rest(ask: Ask, served: Served) -> None:
    request = body(
        "created_date_utc", "queue_name", "interactions", "talk_time_sec", "avg_wait_time_sec", detail="interaction"
    )
    by_storage, by_rest = ask(request)[1], ask(request, bigquery_storage_emulator_host=None)[1]
    assert len(by_storage["rows"]) > 1_000
    assert_right(by_storage, request, served)
    assert_right(by_rest, request, served)


@pytest.mark.parametrize(
    ("request_", "limits", "said"),
    [
        pytest.param(
            body("channel", "created_date_utc", "interactions"),
            {"max_rows": 20},
            "Without 'Created (UTC)' it would be about 5 rows",
            id="drop the finest",
        ),
        pytest.param(
            body("channel", "interactions"),
            {"max_rows": 1},
            "Without 'Channel' it would be about 1 rows",
            id="drop the only one",
        ),
        pytest.param(
            body("created_date_utc", "updated_date_utc"),
            {"max_rows": 20},
            "Choose a shorter period",
            id="none is enough",
        ),
        pytest.param(
            body("channel", detail="interaction"),
            {"max_rows": 20},
            "level of detail 'aggregated' it would be about 5 rows",
            id="aggregate",
        ),
        pytest.param(
            body("channel", "created_date_utc"), {"max_answer_bytes": 2_000}, "Without 'Created (UTC)'", id="bytes"
        ),
    ],
)
def test_an_answer_over_the_limit_is_refused_with_what_would_fit(
    ask: Ask, request_: Body, limits: dict[str, int], said: str
) -> None:
    count = len(ask(request_)[1]["rows"])
    status, answer = ask(request_, **limits)
    assert (status, answer["error"]["code"]) == (422, "result_too_large")
    assert f"asks for {count:,} rows" in answer["error"]["message"]
    assert said in answer["error"]["message"]


def test_an_answer_at_the_limit_is_served(ask: Ask) -> None:
    request = body("channel", "interactions")
    count = len(ask(request)[1]["rows"])
    assert ask(request, max_rows=count)[0] == 200
    assert ask(request, max_rows=count - 1)[0] == 422


def test_a_refusal_stands_where_what_would_fit_cannot_be_counted(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    run, calls = Queries.run, []

    def fail_second(self: Queries, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise WarehouseUnavailableError("gone")
        return run(self, *arguments)

    monkeypatch.setattr(Queries, "run", fail_second)
    status, answer = ask(body("channel", "interactions"), max_rows=1)
    assert status == 422
    assert "Choose a shorter period" in answer["error"]["message"]


@pytest.mark.parametrize("operator", ["REGEXP_PARTIAL_MATCH", "REGEXP_EXACT_MATCH"])
@pytest.mark.parametrize("pattern", ["(", "(?<name>a)", "(?:a{1000}){3}", "(?=a)"])
def test_a_regular_expression_that_the_engine_refuses_is_the_users(ask: Ask, pattern: str, operator: str) -> None:
    status, answer = ask(body("interactions", filters=[[condition("agent_name", operator, pattern)]]))
    assert (status, answer["error"]["code"]) == (400, "invalid_filter")
    assert "'Agent'" in answer["error"]["message"]


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE interaction_details; --", "\\", "`", "\0", "@p0", "😀", "x" * 100_000]
)
def test_hostile_values_are_only_compared(ask: Ask, value: str) -> None:
    for operator in ("EQUALS", "IN_LIST", "CONTAINS"):
        status, answer = ask(body("interactions", filters=[[condition("agent_name", operator, value)]]))
        assert (status, answer["rows"]) == (200, [{"values": ["0"]}])


def test_a_list_of_ten_thousand_values(ask: Ask) -> None:
    values = [f"value {number}" for number in range(10_000)] + ["VOICE"]
    status, answer = ask(body("channel", filters=[[condition("channel", "IN_LIST", *values)]]))
    assert (status, answer["rows"]) == (200, [{"values": ["VOICE"]}])
