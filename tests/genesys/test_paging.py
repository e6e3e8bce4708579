"""The three pagers, driven through a client and a real socket."""

from typing import Any

import msgspec
import pytest

from backend.errors import GenesysInvalidResponseError
from backend.genesys.client import GenesysClient
from backend.genesys.paging import TooManyResultsError, cursor_entities, numbered_entities, query_pages
from tests.genesys.fakes import FakeGenesys, Received, Reply

PATH = "/api/v2/things"


def page(*ids: str, total: int | None = None) -> Reply:
    body: dict[str, Any] = {} if total is None else {"totalHits": total}
    return Reply(body | ({"conversations": [{"conversationId": name} for name in ids]} if ids else {}))


def ids_of(records: list[msgspec.Raw]) -> list[str]:
    return [msgspec.json.decode(record)["conversationId"] for record in records]


@pytest.mark.parametrize(
    ("pages", "expected", "requests"),
    [
        pytest.param([page(total=0)], "", 1, id="conversations absent"),
        pytest.param([Reply({"conversations": [], "totalHits": 0})], "", 1, id="conversations empty"),
        pytest.param([Reply({"conversations": None, "totalHits": 0})], "", 1, id="conversations null"),
        pytest.param([Reply({})], "", 1, id="nothing at all"),
        pytest.param([page("a", "b", total=2)], "ab", 1, id="one short page"),
        pytest.param([page("a", "b", "c", total=3), page(total=3)], "abc", 2, id="exactly one full page"),
        pytest.param([page("a", "b", "c", total=5), page("d", "e", total=5)], "abcde", 2, id="partial last page"),
        pytest.param(
            [page("a", "b", total=5), page("c", "d", total=5), page("e", total=5)], "abcde", 3, id="clamped page size"
        ),
        pytest.param(
            [page("a", "b", "c", total=6), page("c", "d", "e", total=6), page("f", total=6)],
            "abccdef",
            3,
            id="page drift brings one twice",
        ),
        pytest.param(
            [page("a", "b", total=4), page("b", "c", total=4), page("d", total=4)],
            "abbcd",
            3,
            id="page drift in clamped pages",
        ),
        pytest.param([page("a", total=3), page(total=3)], "a", 2, id="fewer than promised"),
        pytest.param([page(total=1)], "", 1, id="the only one is gone"),
        pytest.param([page("a"), page("b"), page()], "ab", 3, id="no total"),
    ],
)
def test_query_pages_read_to_the_end(
    client: GenesysClient, genesys: FakeGenesys, pages: list[Reply], expected: str, requests: int
) -> None:
    genesys.on(PATH, *pages)

    found = list(query_pages(client, PATH, {"interval": "A/B"}, 3))

    assert "".join("".join(ids_of(one.conversations)) for one in found) == expected
    assert [request.json for request in genesys.calls(PATH)] == [
        {"interval": "A/B", "paging": {"pageSize": 3, "pageNumber": number + 1}} for number in range(requests)
    ]


def test_query_pages_give_the_total_before_the_second_page_is_read(client: GenesysClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, page("a", "b", "c", total=14_000))

    first = next(query_pages(client, PATH, {}, 3))

    assert first.total_hits == 14_000
    assert len(genesys.calls(PATH)) == 1


def test_a_malformed_record_does_not_spoil_its_page(client: GenesysClient, genesys: FakeGenesys) -> None:
    records = [{"conversationId": "a"}, "no object", {"conversationId": 7}, None]
    genesys.on(PATH, Reply({"conversations": records, "totalHits": 4}))

    (only,) = query_pages(client, PATH, {}, 100)

    assert [msgspec.json.decode(record) for record in only.conversations] == records


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param("ab,ab", id="the page before"),
        pytest.param("ab,ba", id="the page before in another order"),
        pytest.param("ab,cd,ab", id="an earlier page"),
    ],
)
def test_a_repeated_query_page_raises(client: GenesysClient, genesys: FakeGenesys, pages: str) -> None:
    genesys.on(PATH, *(page(*ids, total=9) for ids in pages.split(",")))

    with pytest.raises(GenesysInvalidResponseError, match="gave a page twice"):
        list(query_pages(client, PATH, {}, 2))


@pytest.mark.parametrize(
    "pages",
    [[page(total=50)], [page("a", "b", "c", total=50), page(total=50)]],
    ids=["nothing", "the first page only"],
)
def test_an_end_long_before_the_promised_one_raises(
    client: GenesysClient, genesys: FakeGenesys, pages: list[Reply]
) -> None:
    genesys.on(PATH, *pages)

    with pytest.raises(GenesysInvalidResponseError, match="promises 50 results and gives"):
        list(query_pages(client, PATH, {}, 3))


def test_a_query_beyond_the_end_of_the_api_raises(
    client: GenesysClient, genesys: FakeGenesys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.genesys.paging.MOST_RESULTS", 4)
    genesys.on(PATH, page("a", "b", total=7), page("c", "d", total=7))
    pages = query_pages(client, PATH, {"interval": "A/B"}, 2)

    assert [ids_of(next(pages).conversations) for _ in range(2)] == [["a", "b"], ["c", "d"]]
    with pytest.raises(TooManyResultsError, match=r"A/B.*narrower windows"):
        next(pages)

    assert len(genesys.calls(PATH)) == 2


@pytest.mark.parametrize("body", [{"conversations": {}}, [], {"totalHits": "many"}, 1], ids=str)
def test_a_page_of_another_form_is_named(client: GenesysClient, genesys: FakeGenesys, body: object) -> None:
    genesys.on(PATH, Reply(body))

    with pytest.raises(GenesysInvalidResponseError, match=f"POST {PATH} does not have the promised form"):
        list(query_pages(client, PATH, {}, 2))


def entities(*ids: str, **more: object) -> Reply:
    return Reply({"entities": [{"id": name} for name in ids], **more})


def read_ids(records: Any) -> str:
    return "".join(msgspec.json.decode(record)["id"] for record in records)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([entities(pageCount=0)], "", id="empty"),
        pytest.param([Reply({})], "", id="nothing at all"),
        pytest.param([entities("a", pageCount=1)], "a", id="one page"),
        pytest.param(
            [entities("a", pageCount=3), entities("b", pageCount=3), entities("c", pageCount=3)], "abc", id="by count"
        ),
        pytest.param([entities("a", nextUri=f"{PATH}?pageNumber=2"), entities("b")], "ab", id="by nextUri"),
        pytest.param(
            [entities("a", "b", pageCount=3), entities(pageCount=3), entities("c", pageCount=3)],
            "abc",
            id="an empty page between",
        ),
    ],
)
def test_numbered_lists_are_read_to_the_end(
    client: GenesysClient, genesys: FakeGenesys, pages: list[Reply], expected: str
) -> None:
    genesys.on(PATH, *pages)

    assert read_ids(numbered_entities(client, PATH, {"pageSize": 100, "state": "any"})) == expected

    assert [request.params for request in genesys.calls(PATH)] == [
        {"pageSize": "100", "state": "any", "pageNumber": str(number + 1)} for number in range(len(pages))
    ]


def test_cursor_lists_send_the_cursor_back_unchanged(client: GenesysClient, genesys: FakeGenesys) -> None:
    queries = ["pageSize=2&after=a+b%2Fc==", "pageSize=2&after=MTIz%3D"]
    genesys.on(
        PATH,
        entities("a", "b", nextUri=f"{PATH}?{queries[0]}"),
        entities("c", nextUri=f"https://elsewhere.example{PATH}?{queries[1]}"),
        entities("d", nextUri=None),
    )

    assert read_ids(cursor_entities(client, PATH, {"pageSize": 2})) == "abcd"

    assert [request.query for request in genesys.calls(PATH)] == ["pageSize=2", *queries]


@pytest.mark.parametrize("pager", [numbered_entities, cursor_entities])
@pytest.mark.parametrize("ids", ["ab", ""], ids=["with entities", "empty"])
def test_a_repeated_list_page_raises(client: GenesysClient, genesys: FakeGenesys, pager: Any, ids: str) -> None:
    def same(_: Received) -> Reply:
        return entities(*ids, nextUri=f"{PATH}?after=x")

    genesys.on(PATH, same)

    with pytest.raises(GenesysInvalidResponseError, match=f"GET {PATH}, page 2"):
        list(pager(client, PATH, {}))
