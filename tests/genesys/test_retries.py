"""What is repeated, how long, what it ends with, and how the lease is kept meanwhile."""

import itertools
import math
from email.utils import formatdate

import pytest

from backend.errors import (
    GenesysInvalidResponseError,
    GenesysRateLimitedError,
    LeaseLostError,
    TaskError,
)
from backend.genesys.client import GenesysClient
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from tests.genesys.conftest import MakeClient
from tests.genesys.fakes import START, FakeGenesys, FakeTime, Reply, grant

PATH = "/api/v2/routing/queues"
GOOD = Reply({"entities": []})


def limited(seconds: str, **headers: str) -> Reply:
    body = {
        "message": f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
        "code": "too.many.requests.retry.after",
        "status": 429,
        "limit": {"key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": 300},
    }
    return Reply(body, 429, {"Retry-After": seconds, "ININ-Correlation-Id": "c-429", **headers})


PASSING = [
    *(pytest.param(Reply({"status": status}, status), id=str(status)) for status in (500, 502, 503, 504)),
    pytest.param(limited("2"), id="429 with a short Retry-After"),
    pytest.param(Reply({"status": 429}, 429), id="429 without Retry-After"),
    pytest.param(Reply({"status": 503}, 503, {"Retry-After": "3"}), id="503 with Retry-After"),
    pytest.param(Reply({"entities": [1, 2, 3]}, cut=5), id="reset in mid-body"),
    pytest.param(Reply(b'{"entities": ['), id="truncated JSON"),
    pytest.param(Reply(b'{"entities": [' + b"1," * 1_000_000), id="a large page, truncated"),
    pytest.param(Reply(b"<html>Maintenance</html>", headers={"Content-Type": "text/html"}), id="HTML instead of JSON"),
    pytest.param(Reply(b""), id="empty body"),
    pytest.param(Reply(b"[" * 100_000), id="nested without end"),
    pytest.param(Reply(b"{}", headers={"Content-Encoding": "gzip"}), id="body that is not the gzip it claims to be"),
]


@pytest.mark.parametrize("failure", PASSING)
@pytest.mark.parametrize("path", [PATH, "/oauth/token"])
def test_a_failure_that_passes_is_repeated(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime, failure: Reply, path: str
) -> None:
    genesys.on(PATH, GOOD)
    good = GOOD if path == PATH else grant()
    genesys.on(path, failure, failure, good)

    assert client.get(PATH) == GOOD.payload

    assert len(genesys.calls(path)) == 3
    assert len(fake_time.slept) >= 2


@pytest.mark.parametrize("failure", PASSING)
def test_a_failure_that_stays_ends_within_bounded_tries_and_time(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime, failure: Reply
) -> None:
    genesys.on(PATH, failure)

    with pytest.raises((GenesysInvalidResponseError, GenesysRateLimitedError), match=r"GET /api/v2/routing/queues"):
        client.get(PATH)

    assert 5 <= len(genesys.calls(PATH)) <= 8
    assert fake_time.now - START <= 300


def test_a_silent_server_ends_in_a_named_error(make_client: MakeClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, Reply(stall=True))

    with pytest.raises(GenesysInvalidResponseError, match="no whole answer in time; 4 tries"):
        make_client(timeout_seconds=0.02).get(PATH)


def test_a_body_that_drips_in_is_given_up(make_client: MakeClient, genesys: FakeGenesys) -> None:
    genesys.on(PATH, Reply(b'{"filler": "' + b"x" * (1 << 21) + b'"}'))
    a_second_each_look = itertools.count(START).__next__

    with pytest.raises(GenesysInvalidResponseError, match="no whole answer in time; 4 tries"):
        make_client(clock=a_second_each_look, timeout_seconds=2).get(PATH)


def test_the_lease_is_kept_while_a_long_body_comes_in(
    make_client: MakeClient, genesys: FakeGenesys, fake_time: FakeTime
) -> None:
    genesys.on(PATH, Reply(b'{"filler": "' + b"x" * (1 << 21) + b'"}'))
    a_second_each_look = itertools.count(START).__next__

    client = make_client(clock=a_second_each_look, timeout_seconds=300)
    client.get(PATH)

    assert len(fake_time.beats) > client.requests


def test_a_server_that_cannot_be_reached_ends_in_a_named_error(make_client: MakeClient, genesys: FakeGenesys) -> None:
    client = make_client(address=GenesysAddress(genesys.url, "http://127.0.0.1:1"))

    with pytest.raises(
        GenesysInvalidResponseError, match=r"POST /oauth/token \(the connection failed, ConnectionError"
    ):
        client.get(PATH)


def test_a_retry_after_is_waited_out(client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime) -> None:
    genesys.on(PATH, limited("42"), GOOD)

    client.get(PATH)

    assert 42 <= fake_time.now - START <= 43.1


def test_a_retry_after_may_be_a_date(client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime) -> None:
    genesys.on(PATH, limited(formatdate(START + 30, usegmt=True)), GOOD)

    client.get(PATH)

    assert 29 <= fake_time.now - START <= 31.1


@pytest.mark.parametrize("seconds", ["121", "86400", formatdate(START + 600, usegmt=True)])
def test_a_long_retry_after_ends_the_run_at_once_and_names_the_limit(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime, seconds: str
) -> None:
    genesys.on(PATH, limited(seconds))

    with pytest.raises(GenesysRateLimitedError, match=r"client\.credentials\.token\.rate\.per\.minute") as caught:
        client.get(PATH)

    assert len(genesys.calls(PATH)) == 1
    assert fake_time.now == START
    assert "c-429" in caught.value.debug


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        pytest.param(Reply({}, 429), GenesysRateLimitedError, id="429 to the last try"),
        pytest.param(Reply({}, 503, {"Retry-After": "1"}), GenesysInvalidResponseError, id="503 to the last try"),
        pytest.param(Reply({}, 503, {"Retry-After": "999"}), GenesysRateLimitedError, id="503 with a long wait"),
        pytest.param(Reply({}, 429, {"Retry-After": "100"}), GenesysRateLimitedError, id="waits that add up"),
        pytest.param(Reply({}, 429, {"Retry-After": "soon"}), GenesysRateLimitedError, id="unreadable Retry-After"),
    ],
)
def test_what_is_refused_for_now_has_its_own_name_and_an_end(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime, failure: Reply, named: type[TaskError]
) -> None:
    genesys.on(PATH, failure)

    with pytest.raises(named) as caught:
        client.get(PATH)

    assert type(caught.value) is named
    assert fake_time.now - START <= 300


def test_a_wait_beyond_the_deadline_ends_the_run_at_once(
    make_client: MakeClient, genesys: FakeGenesys, fake_time: FakeTime
) -> None:
    genesys.on(PATH, limited("60"))

    with pytest.raises(GenesysRateLimitedError, match="asks to wait 60 s"):
        make_client(deadline=START + 30).get(PATH)

    assert fake_time.now == START


def test_a_pace_beyond_the_deadline_ends_the_run_at_once(
    make_client: MakeClient, genesys: FakeGenesys, fake_time: FakeTime
) -> None:
    genesys.on(PATH, GOOD)
    client = make_client(deadline=START + 30, pacer=Pacer(1, clock=fake_time.clock))

    with pytest.raises(GenesysRateLimitedError, match=r"would wait 61 s.*GENESYS_REQUESTS_PER_MINUTE"):
        client.get(PATH)

    assert genesys.calls(PATH) == []


def test_retries_stop_at_the_deadline(make_client: MakeClient, genesys: FakeGenesys, fake_time: FakeTime) -> None:
    genesys.on(PATH, Reply({}, 503))

    with pytest.raises(GenesysInvalidResponseError, match="status 503"):
        make_client(deadline=START + 3).get(PATH)

    assert fake_time.now < START + 3


def test_the_lease_is_kept_during_a_wait(client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime) -> None:
    genesys.on(PATH, limited("60"), GOOD)

    client.get(PATH)

    gaps = [later - earlier for earlier, later in zip(fake_time.beats, fake_time.beats[1:], strict=False)]
    assert max(gaps) <= 5
    assert fake_time.beats[-1] == fake_time.now


def test_a_heartbeat_that_raises_ends_the_call(make_client: MakeClient, genesys: FakeGenesys) -> None:
    def lost() -> None:
        raise LeaseLostError("another run holds the lease")

    with pytest.raises(LeaseLostError):
        make_client(heartbeat=lost).get(PATH)

    assert genesys.received == []


def test_a_429_delays_the_next_run_too(make_client: MakeClient, genesys: FakeGenesys, fake_time: FakeTime) -> None:
    genesys.on(PATH, limited("100"))
    pacer = Pacer(240, clock=fake_time.clock)

    with pytest.raises(GenesysRateLimitedError):
        make_client(pacer=pacer, deadline=START + 50).get(PATH)

    assert Pacer(240, clock=fake_time.clock, ready_at=pacer.ready_at).delay() == pytest.approx(100, abs=0.01)


def test_an_allowance_that_is_nearly_used_slows_the_client_down(
    client: GenesysClient, genesys: FakeGenesys, fake_time: FakeTime
) -> None:
    used = {"inin-ratelimit-count": "299", "inin-ratelimit-allowed": "300", "inin-ratelimit-reset": "17"}
    genesys.on(PATH, Reply({}, headers=used), GOOD)

    client.get(PATH)
    client.get(PATH)

    assert math.isclose(fake_time.now, START + 17, abs_tol=0.1)
