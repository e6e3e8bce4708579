"""Conversations by window and by id."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from backend.genesys.client import GenesysClient
from backend.genesys.conversations import details_by_ids, details_pages
from tests.genesys.fakes import FakeGenesys, Received, Reply, grant

DETAILS = "/api/v2/analytics/conversations/details"


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45))], ids=str)
def test_the_query_names_the_window_in_utc_and_the_order(
    client: GenesysClient, genesys: FakeGenesys, zone: timezone
) -> None:
    genesys.on(f"{DETAILS}/query", Reply({"conversations": [{"conversationId": "c1"}], "totalHits": 1}))
    start = datetime(2024, 5, 15, 0, 0, 0, tzinfo=UTC).astimezone(zone)
    end = datetime(2024, 5, 15, 12, 30, 0, 250_000, tzinfo=UTC).astimezone(zone)

    (page,) = details_pages(client, start, end)

    assert page.total_hits == 1
    assert page.conversations == [msgspec.Raw(b'{"conversationId": "c1"}')]
    assert genesys.calls(f"{DETAILS}/query")[0].json == {
        "interval": "2024-05-15T00:00:00.000Z/2024-05-15T12:30:00.250Z",
        "order": "asc",
        "orderBy": "conversationStart",
        "paging": {"pageSize": 100, "pageNumber": 1},
    }


def test_a_token_that_is_revoked_between_pages_is_replaced(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on("/oauth/token", grant("token-1"), grant("token-2"))
    full = [{"conversationId": f"c{number}"} for number in range(100)]
    genesys.on(
        f"{DETAILS}/query",
        Reply({"conversations": full, "totalHits": 101}),
        Reply({"code": "bad.credentials"}, 401),
        Reply({"conversations": [{"conversationId": "last"}], "totalHits": 101}),
    )

    pages = list(details_pages(client, datetime(2024, 5, 15, tzinfo=UTC), datetime(2024, 5, 16, tzinfo=UTC)))

    assert [len(page.conversations) for page in pages] == [100, 1]
    assert [request.json["paging"]["pageNumber"] for request in genesys.calls(f"{DETAILS}/query")] == [1, 2, 2]


def test_known_ids_are_read_fifty_a_call(client: GenesysClient, genesys: FakeGenesys) -> None:
    def answer(request: Received) -> Reply:
        return Reply({"conversations": [{"conversationId": name} for name in request.params["id"].split(",")]})

    genesys.on(DETAILS, answer)
    ids = [f"c{number}" for number in range(120)]

    records = details_by_ids(client, ids)

    assert [msgspec.json.decode(record)["conversationId"] for record in records] == ids
    assert [len(request.params["id"].split(",")) for request in genesys.calls(DETAILS)] == [50, 50, 20]


def test_ids_that_genesys_no_longer_has_are_missing(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(DETAILS, Reply({}))

    assert details_by_ids(client, ["gone"]) == []


def test_no_ids_are_no_request(client: GenesysClient, genesys: FakeGenesys) -> None:
    assert details_by_ids(client, []) == []
    assert genesys.received == []
