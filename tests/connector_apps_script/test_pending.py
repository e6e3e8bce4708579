"""Slow queries: the script asks again with the token it was given, for five minutes."""

import pytest

from sandbox.looker.errors import UserError
from tests.connector_apps_script.conftest import Call
from tests.connector_apps_script.fake_backend import FakeBackend, FakeClock, envelope, reply

REQUEST = {"fields": [{"name": "a"}], "configParams": {"x": "y"}}
ANSWER = {"schema": [], "rows": [], "filtersApplied": True}


def test_same_body_with_the_latest_token_until_the_answer(backend: FakeBackend, call: Call) -> None:
    backend.answers = [reply({"pending": "one"}), reply({"pending": "two"}), reply(ANSWER)]
    assert call("getData", REQUEST) == ANSWER
    assert backend.bodies == [REQUEST, {**REQUEST, "pending": "one"}, {**REQUEST, "pending": "two"}]


def test_sleeps_only_where_the_backend_did_not_wait_itself(backend: FakeBackend, clock: FakeClock, call: Call) -> None:
    waits = iter([45.0, 0.25, 45.0])
    backend.on_ask = lambda: clock.advance(next(waits))
    backend.answers = [reply({"pending": "one"}), reply({"pending": "two"}), reply(ANSWER)]
    call("getData", REQUEST)
    assert clock.slept == [0.75]


@pytest.mark.parametrize("seconds", [45.0, 0.0], ids=["backend waits", "backend answers at once"])
def test_gives_up_after_five_minutes(backend: FakeBackend, clock: FakeClock, call: Call, seconds: float) -> None:
    started = clock.now
    backend.on_ask = lambda: clock.advance(seconds)
    backend.answers = [reply({"pending": "again"})]
    with pytest.raises(UserError, match="more than five minutes") as raised:
        call("getData", REQUEST)
    assert "/v1/data" in raised.value.debug_text
    assert 300 <= clock.now - started < 350


def test_failure_while_waiting_is_shown(backend: FakeBackend, call: Call) -> None:
    backend.answers = [reply({"pending": "one"}), envelope(504, "query_timeout", "The query took too long.")]
    with pytest.raises(UserError, match="The query took too long"):
        call("getData", REQUEST)
