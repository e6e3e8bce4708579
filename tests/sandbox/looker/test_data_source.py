"""Charts: the request that each sends, and the cells that come of the answer, through the real Apps Script files."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sandbox.looker.data_source import DataSource
from sandbox.looker.errors import ConnectorError, ProtocolError, ReportError
from sandbox.looker.field_types import Cell
from sandbox.looker.filters import Filter
from tests.sandbox.looker.connector import Connector

BERN = Filter("city", "EQUALS", ["Bern"])
LARGE = Filter("size", "NUMERIC_GREATER_THAN_OR_EQUAL", [3])


def test_plain_request(source: DataSource, connector: Connector) -> None:
    source.chart(["city"], ["calls"])
    assert connector.requests == [
        {
            "configParams": {"dataset": "calls"},
            "scriptParams": {"lastRefresh": "1711886400000"},
            "dateRange": {"startDate": "2024-03-03", "endDate": "2024-03-30"},
            "fields": [{"name": "city"}, {"name": "calls"}],
        }
    ]


def test_full_request(source: DataSource, connector: Connector) -> None:
    days = (date(2024, 2, 29), date(2024, 3, 10))
    source.chart(["city"], ["average_wait"], days, [BERN, [LARGE, BERN]], {"zone": "Asia/Kathmandu"})
    [request] = connector.requests
    assert request["configParams"] == {"dataset": "calls", "zone": "Asia/Kathmandu"}
    assert request["dateRange"] == {"startDate": "2024-02-29", "endDate": "2024-03-10"}
    assert request["fields"] == [
        {"name": "size", "forFilterOnly": True},
        {"name": "city"},
        {"name": "wait"},
        {"name": "wait_count"},
    ]
    leaf = {"fieldName": "city", "type": "INCLUDE", "operator": "EQUALS", "values": ["Bern"]}
    other = {"fieldName": "size", "type": "INCLUDE", "operator": "NUMERIC_GREATER_THAN_OR_EQUAL", "values": [3]}
    assert request["dimensionsFilters"] == [[leaf], [other, leaf]]


def test_sample_request(source: DataSource, connector: Connector) -> None:
    answer = source.get_data(source.sample_request(["city", "calls"]))
    assert len(answer.rows) == 5
    assert connector.requests[0]["scriptParams"]["sampleExtraction"] is True
    assert connector.requests[0]["dateRange"] == {"startDate": "2024-03-29", "endDate": "2024-03-29"}


@pytest.mark.parametrize(
    ("dimensions", "metrics", "filters", "kept", "rows"),
    [
        (["city"], ["calls"], [], [0, 1, 2, 3, 4], [(None, "1"), ("", "1"), ("Bern", "2"), ("Zug", "1")]),
        (["city"], ["wait"], [], [0, 1, 2, 3, 4], [(None, "7"), ("", None), ("Bern", "0.3"), ("Zug", None)]),
        (
            ["day"],
            ["average_wait", "calls"],
            [],
            [0, 1, 2, 3, 4],
            [("20240309", "0.15", "3"), ("20240310", "7", "2")],
        ),
        ([], ["average_wait", "calls"], [LARGE], [2, 4], [(None, "2")]),
        ([], ["calls"], [Filter("city", "EQUALS", ["Basel"])], [], [(None,)]),
        (["day"], ["calls"], [Filter("city", "EQUALS", ["Basel"])], [], []),
        (["city"], ["calls"], [[BERN, LARGE]], [0, 1, 2, 4], [("", "1"), ("Bern", "2"), ("Zug", "1")]),
        (["city"], ["calls"], [Filter("city", "EQUALS", ["Bern"], exclude=True)], [2, 4], [("", "1"), ("Zug", "1")]),
        (
            ["day"],
            ["calls"],
            [Filter("open", "IS_NULL", exclude=True), LARGE],
            [2, 4],
            [("20240309", "1"), ("20240310", "1")],
        ),
        (["open", "city"], [], [LARGE], [2, 4], [("False", "Zug"), ("True", "")]),
    ],
    ids=[
        "sum by text",
        "sum of nulls is null",
        "formula and sum by day",
        "no dimension",
        "no dimension and no row",
        "no row",
        "or across fields",
        "exclude drops null",
        "filters on two other fields",
        "dimensions only",
    ],
)
@pytest.mark.parametrize("pushed_down", [False, True], ids=["filtered here", "pushed down"])
def test_cells(
    source: DataSource,
    connector: Connector,
    dimensions: list[str],
    metrics: list[str],
    filters: list[Filter | Sequence[Filter]],
    kept: list[int],
    rows: list[tuple[str | None, ...]],
    pushed_down: bool,
) -> None:
    connector.kept = kept if pushed_down else None
    table = source.chart(dimensions, metrics, filters=filters)
    assert table.names == (*dimensions, *metrics)
    assert [tuple(None if cell is None else str(cell) for cell in row) for row in table.rows] == rows


def test_rows_by_name_and_in_types(source: DataSource) -> None:
    [first, *_] = source.chart(["day", "open"], ["wait"], filters=[BERN])
    assert first == {"day": "20240309", "open": None, "wait": Decimal("0.2")}


def test_changed_aggregation(source: DataSource) -> None:
    table = source.chart([], ["wait", "calls"], aggregations={"wait": "MAX", "calls": "COUNT"})
    assert table.rows == [(Decimal(7), Decimal(5))]


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        ({"dimensions": ["street"], "metrics": []}, "no such field"),
        ({"dimensions": ["calls"], "metrics": []}, "calls: is no dimension"),
        ({"dimensions": [], "metrics": ["city"]}, "city: is no metric"),
        ({"dimensions": [], "metrics": ["wait_count"]}, "only formulas can use it"),
        ({"dimensions": ["city"], "metrics": [], "filters": [Filter("calls", "EQUALS", [1])]}, "no such dimension"),
        ({"dimensions": ["city"], "metrics": [], "parameters": {"dataset": "chats"}}, "reports may not change it"),
        ({"dimensions": [], "metrics": ["average_wait"], "aggregations": {"average_wait": "SUM"}}, "is fixed"),
        ({"dimensions": ["city"], "metrics": [], "date_range": (date(2024, 3, 2), date(2024, 3, 1))}, "is before"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_charts_that_no_editor_offers(
    source: DataSource, connector: Connector, chart: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ReportError, match=problem):
        source.chart(**chart)
    assert connector.requests == []


def test_wrong_answer_is_named(source: DataSource, connector: Connector) -> None:
    connector.replies["/v1/data"] = {"schema": [{"name": "city", "dataType": "STRING"}], "rows": []}
    with pytest.raises(ProtocolError, match="not the requested fields"):
        source.chart(["city"], ["calls"])


def test_failure_is_what_the_report_shows(source: DataSource, connector: Connector) -> None:
    connector.replies["/v1/data"] = {"error": {"code": "x", "message": "Too much.", "debug": "", "requestId": "r1"}}
    with pytest.raises(ConnectorError, match=r"^Too much\. \(request r1\)$"):
        source.chart(["city"], ["calls"])


def test_charts_of_one_page_at_once(source: DataSource) -> None:
    def cells(name: str) -> list[tuple[Cell, ...]]:
        return source.chart([name], ["calls"]).rows

    names = ["city", "day", "open", "size"] * 5
    with ThreadPoolExecutor(max_workers=8) as pool:
        together = list(pool.map(cells, names))
    assert together == [cells(name) for name in names]
