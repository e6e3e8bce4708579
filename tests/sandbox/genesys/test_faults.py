from typing import Any

import pytest

from sandbox.genesys import Fault
from sandbox.genesys.world import World

from .conftest import CLIENT, FIRST_START, Caller, MovableClock

ORDERS = "/__sim__/faults"
QUEUES = "/routing/queues"


def order(caller: Caller, kind: str, **details: Any) -> None:
    response = caller.http.post(ORDERS, json={"kind": kind, "path": "/api/v2" + QUEUES} | details)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("kind", "details", "status", "code"),
    [
        ("rate_limited", {"retryAfter": 7}, 429, "too.many.requests.retry.after"),
        ("server_error", {}, 503, "service.unavailable"),
        ("server_error", {"status": 500}, 500, "internal.server.error"),
        ("server_error", {"status": 502}, 502, "bad.gateway"),
        ("server_error", {"status": 504}, 504, "request.timeout"),
        ("forbidden", {"permission": "routing:queue:view"}, 403, "missing.permissions"),
        ("token_revoked", {}, 401, "bad.credentials"),
    ],
)
def test_refusals(caller: Caller, kind: str, details: dict[str, Any], status: int, code: str) -> None:
    order(caller, kind, **details)
    response = caller.get(QUEUES)

    assert response.status_code == status
    assert response.json is not None
    assert response.json["code"] == code
    assert response.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_a_missing_permission_is_named(caller: Caller) -> None:
    order(caller, "forbidden", permission="routing:queue:view")

    assert "routing:queue:view" in caller.get(QUEUES).text


def test_a_fault_strikes_as_often_as_ordered_and_only_its_path(caller: Caller) -> None:
    order(caller, "server_error", times=2, skip=1)
    statuses = [caller.get(path).status_code for path in (QUEUES, "/teams", QUEUES, QUEUES, QUEUES)]

    assert statuses == [200, 200, 503, 503, 200]


def test_faults_strike_in_the_order_given(caller: Caller) -> None:
    order(caller, "server_error", status=500)
    order(caller, "rate_limited")

    assert [caller.get(QUEUES).status_code for _ in range(3)] == [500, 429, 200]


def test_a_fault_without_end_goes_on_until_cleared(caller: Caller) -> None:
    order(caller, "forbidden", times=0)
    assert {caller.get(QUEUES).status_code for _ in range(3)} == {403}

    assert caller.http.delete(ORDERS).json == {"faults": []}
    assert caller.get(QUEUES).status_code == 200


def test_waiting_faults_are_listed(caller: Caller) -> None:
    order(caller, "slow", seconds=0.25, times=3)

    assert caller.http.get(ORDERS).json == {
        "faults": [{"kind": "slow", "path": "/api/v2/routing/queues", "times": 3, "seconds": 0.25}]
    }


def test_a_slow_answer_is_whole(caller: Caller) -> None:
    order(caller, "slow", seconds=0.001)

    assert caller.get(QUEUES).json == caller.get(QUEUES).json


def test_truncated_json_is_half_the_answer(caller: Caller) -> None:
    whole = caller.get(QUEUES).data
    order(caller, "truncated")
    response = caller.get(QUEUES)

    assert response.status_code == 200
    assert response.data == whole[: len(whole) // 2]


@pytest.mark.parametrize("status", [200, 502])
def test_html_instead_of_json(caller: Caller, status: int) -> None:
    order(caller, "html", status=status)
    response = caller.get(QUEUES)

    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_a_reset_breaks_off_in_mid_body(caller: Caller) -> None:
    order(caller, "reset")

    with pytest.raises(ConnectionResetError, match="broken off"):
        caller.get(QUEUES).get_data()
    assert caller.get(QUEUES).status_code == 200


def test_a_rotated_secret_refuses_the_old_one(caller: Caller) -> None:
    order(caller, "secret_rotated", path="/oauth/token", secret="new-secret")

    assert caller.log_in(CLIENT.secret).status_code == 401
    assert caller.get(QUEUES).status_code == 200, "tokens issued before go on"
    assert caller.log_in("new-secret").status_code == 200


def test_a_repeated_page_holds_the_conversations_of_the_one_before(caller: Caller) -> None:
    yesterday = "2026-03-10T00:00:00.000Z/2026-03-11T00:00:00.000Z"
    order(caller, "repeated_page", path="/api/v2/analytics/", skip=1)
    first, repeated, second = (caller.query(yesterday, 10, page)["conversations"] for page in (1, 2, 2))

    assert first == repeated != second


@pytest.mark.parametrize(("rows", "shared"), [(-2, 2), (3, 0)], ids=["rows twice", "rows left out"])
def test_a_drifted_page_begins_elsewhere(caller: Caller, rows: int, shared: int) -> None:
    yesterday = "2026-03-10T00:00:00.000Z/2026-03-11T00:00:00.000Z"
    order(caller, "drifted_page", path="/api/v2/analytics/", rows=rows, skip=1)
    first, drifted, second = (
        [record["conversationId"] for record in caller.query(yesterday, 10, page)["conversations"]]
        for page in (1, 2, 2)
    )

    assert drifted != second
    assert len(set(first) & set(drifted)) == shared


@pytest.mark.parametrize(
    "body", [{"kind": "earthquake"}, {"path": "/"}, {"kind": "slow", "duration": 1}], ids=["kind", "no kind", "unknown"]
)
def test_an_order_that_is_not_understood_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.http.post(ORDERS, json=body).status_code == 400


def test_faults_can_be_given_from_the_start(world: World) -> None:
    caller = Caller(world, MovableClock(FIRST_START), 300, [Fault("server_error", path="/oauth", status=500)])

    assert [caller.log_in().status_code for _ in range(2)] == [500, 200]
