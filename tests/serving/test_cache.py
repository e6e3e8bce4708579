import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.serving.bodies import Body
from backend.serving.cache import AnswerCache

BODY = Body(b"12345", 20)


def test_what_was_computed_is_kept() -> None:
    cache: AnswerCache[str] = AnswerCache(60, 100)
    assert cache.get("key", lambda: BODY) == (BODY, "miss")
    assert cache.get("key", lambda: Body(b"new", 3)) == (BODY, "hit")
    assert cache.get("other", lambda: Body(b"new", 3))[1] == "miss"


@pytest.mark.parametrize(
    ("seconds", "size", "body"),
    [
        pytest.param(0, 100, BODY, id="no time"),
        pytest.param(60, 4, BODY, id="too large"),
        pytest.param(60, 100, "unfinished", id="unfinished"),
    ],
)
def test_what_is_not_kept(seconds: int, size: int, body: Body | str) -> None:
    cache: AnswerCache[str] = AnswerCache(seconds, size)
    assert cache.get("key", lambda: body) == (body, "miss")
    assert cache.get("key", lambda: body) == (body, "miss")


def test_the_bytes_are_bounded() -> None:
    cache: AnswerCache[str] = AnswerCache(60, 12)
    for key in "abc":
        cache.get(key, lambda: BODY)
    assert [cache.get(key, lambda: Body(b"", 0))[1] for key in "cba"] == ["hit", "hit", "miss"]


def test_a_failure_is_not_kept() -> None:
    cache: AnswerCache[str] = AnswerCache(60, 100)
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: Body(b"", 1 // 0))
    assert cache.get("key", lambda: BODY)[1] == "miss"


@pytest.mark.parametrize("fails", [False, True], ids=["answer", "failure"])
def test_those_who_ask_at_once_share_one_computation(fails: bool) -> None:
    cache: AnswerCache[str] = AnswerCache(60, 100)
    begun, go_on = threading.Event(), threading.Event()
    computed = []

    def compute() -> Body:
        computed.append(1)
        begun.set()
        go_on.wait(10)
        if fails:
            raise LookupError("gone")
        return BODY

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.get, "key", compute)
        begun.wait(10)
        others = [pool.submit(cache.get, "key", compute) for _ in range(3)]
        go_on.set()
        if fails:
            assert isinstance(first.exception(), LookupError)
        else:
            assert [future.result()[0] for future in [first, *others]] == [BODY] * 4
            assert len(computed) == 1
