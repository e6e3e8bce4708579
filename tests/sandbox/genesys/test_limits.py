import pytest

from sandbox.genesys.world import World

from .conftest import Caller, MovableClock


@pytest.fixture
def limited(world: World, clock: MovableClock) -> Caller:
    caller = Caller(world, clock, limit_per_minute=3, faults=[])
    caller.log_in()
    return caller


def test_every_answer_says_where_the_token_stands(limited: Caller) -> None:
    limited.get("/tokens/me")
    limited.clock.now += 20_500
    headers = limited.get("/no/such/path").headers

    assert headers["inin-ratelimit-count"] == "2"
    assert headers["inin-ratelimit-allowed"] == "3"
    assert headers["inin-ratelimit-reset"] == "40"
    assert len(headers["ININ-Correlation-Id"]) == 36


def test_one_request_too_many_is_refused_until_the_window_ends(limited: Caller) -> None:
    statuses = [limited.get("/tokens/me").status_code for _ in range(3)]
    limited.clock.now += 12_000
    refused = limited.get("/tokens/me")

    assert statuses == [200, 200, 200]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "48"
    assert refused.json is not None
    assert refused.json["code"] == "too.many.requests.retry.after"
    assert refused.json["message"] == "Rate limit exceeded the maximum. Retry the request in [48] seconds"
    assert refused.json["contextId"] == refused.headers["ININ-Correlation-Id"]
    limited.clock.now += 48_000
    assert limited.get("/tokens/me").status_code == 200


def test_each_token_has_its_own_limit(limited: Caller) -> None:
    for _ in range(4):
        limited.get("/tokens/me")
    limited.log_in()

    assert limited.get("/tokens/me").status_code == 200
