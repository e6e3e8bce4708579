"""Genesys's own totals by half-hour, queue and channel."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from backend.errors import GenesysInvalidResponseError, GenesysPermissionError
from backend.extraction.flatten import COUNTED_METRICS
from backend.genesys.aggregates import QUEUE_METRICS, QueueTotal, queue_totals
from backend.genesys.client import GenesysClient
from tests.genesys.fakes import FakeGenesys, Received, Reply

QUERY = "/api/v2/analytics/conversations/aggregates/query"
START = datetime(2024, 5, 15, tzinfo=UTC)
SLOT = "2024-05-15T07:00:00.000Z/2024-05-15T07:30:00.000Z"
SEVEN = datetime(2024, 5, 15, 7, tzinfo=UTC)


def totals(client: GenesysClient) -> list[QueueTotal]:
    return list(queue_totals(client, START, START + timedelta(days=1)))


def result(group: dict[str, str], *metrics: dict[str, Any]) -> dict[str, Any]:
    return {"group": group, "data": [{"interval": SLOT, "metrics": list(metrics)}]}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9))], ids=str)
def test_one_utc_day_is_asked_for_a_call(client: GenesysClient, genesys: FakeGenesys, zone: timezone) -> None:
    genesys.on(QUERY, Reply({}))

    end = START + timedelta(days=1, hours=6)
    assert list(queue_totals(client, (START + timedelta(hours=12)).astimezone(zone), end.astimezone(zone))) == []

    first, second = genesys.calls(QUERY)
    assert first.json == {
        "interval": "2024-05-15T12:00:00.000Z/2024-05-16T00:00:00.000Z",
        "granularity": "PT30M",
        "groupBy": ["queueId", "mediaType"],
        "metrics": list(QUEUE_METRICS),
    }
    assert second.json["interval"] == "2024-05-16T00:00:00.000Z/2024-05-16T06:00:00.000Z"


def test_what_is_asked_for_is_what_extraction_keeps_as_events() -> None:
    assert set(QUEUE_METRICS) == COUNTED_METRICS


def test_totals(client: GenesysClient, genesys: FakeGenesys) -> None:
    answered = {"metric": "tAnswered", "stats": {"count": 31, "sum": 412000.0, "min": 10.0, "max": 90000.0}}
    offered = {"metric": "nOffered", "stats": {"count": 33}}
    genesys.on(QUERY, Reply({"results": [result({"queueId": "q-1", "mediaType": "voice"}, answered, offered)]}))

    assert totals(client) == [
        QueueTotal(SEVEN, "q-1", "voice", "tAnswered", 31, 412_000),
        QueueTotal(SEVEN, "q-1", "voice", "nOffered", 33, None),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, [], id="no results"),
        pytest.param({"results": None}, [], id="null results"),
        pytest.param({"results": [{"group": {"queueId": "q-1"}}]}, [], id="a group without data"),
        pytest.param({"results": [{"data": [{"interval": SLOT}]}]}, [], id="an interval without metrics"),
        pytest.param({"results": [result({}, {"metric": "nOffered", "stats": {}})]}, [], id="a metric without stats"),
        pytest.param({"results": [result({}, {"metric": "nOffered"})]}, [], id="a bare metric"),
        pytest.param(
            {"results": [result({}, {"metric": "oServiceLevel", "stats": {"ratio": 0.8, "count": 3}})]},
            [],
            id="a metric nobody asked for",
        ),
        pytest.param(
            {"results": [result({"mediaType": "email"}, {"metric": "tHandle", "stats": {"count": 1, "sum": 5.0}})]},
            [QueueTotal(SEVEN, None, "email", "tHandle", 1, 5)],
            id="a group without a queue",
        ),
        pytest.param(
            {"results": [result({}, {"metric": "tAcd", "stats": {"count": 2.0, "sum": 5097600919.0}})]},
            [QueueTotal(SEVEN, None, None, "tAcd", 2, 5_097_600_919)],
            id="a sum beyond 32 bits",
        ),
    ],
)
def test_what_is_missing_is_no_total(
    client: GenesysClient, genesys: FakeGenesys, body: dict[str, Any], expected: list[QueueTotal]
) -> None:
    genesys.on(QUERY, Reply(body))

    assert totals(client) == expected


@pytest.mark.parametrize("text", ["today", "2024-05-15T07:00:00/2024-05-15T07:30:00", ""], ids=repr)
def test_an_interval_that_is_none_is_named(client: GenesysClient, genesys: FakeGenesys, text: str) -> None:
    genesys.on(QUERY, Reply({"results": [{"data": [{"interval": text, "metrics": []}]}]}))

    with pytest.raises(GenesysInvalidResponseError, match="names an interval that is none"):
        totals(client)


def test_the_permission_is_named(client: GenesysClient, genesys: FakeGenesys) -> None:
    def forbid(request: Received) -> Reply:
        return Reply({"code": "missing.permissions", "message": "no"}, 403)

    genesys.on(QUERY, forbid)

    with pytest.raises(GenesysPermissionError, match="lacks analytics:conversationAggregate:view"):
        totals(client)
