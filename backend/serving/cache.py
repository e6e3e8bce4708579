"""Answers that are kept, bounded in bytes and time, and the sharing of what is being computed."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Literal

from cachetools import TTLCache

from backend.serving.bodies import Body

type CacheState = Literal["hit", "shared", "miss"]


class AnswerCache[Unfinished]:
    """Keyed by query and data version; what is unfinished is shared with those who wait, and not kept."""

    def __init__(self, seconds: int, max_bytes: int) -> None:
        self._bodies: TTLCache[Hashable, Body] = TTLCache(max_bytes, seconds, getsizeof=_weight)
        self._running: dict[Hashable, Future[Body | Unfinished]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Body | Unfinished]) -> tuple[Body | Unfinished, CacheState]:
        """The kept answer, or that of a request that is computing it already, or that of `compute`.

        What `compute` raises, all who wait for it raise.
        """
        with self._lock:
            kept = self._bodies.get(key)
            if kept is not None:
                return kept, "hit"
            running = self._running.get(key)
            mine: Future[Body | Unfinished] = Future()
            if running is None:
                self._running[key] = mine
        if running is not None:
            return running.result(), "shared"
        try:
            answer = compute()
        except BaseException as error:
            self._end(key)
            mine.set_exception(error)
            raise
        self._end(key, answer)
        mine.set_result(answer)
        return answer, "miss"

    def _end(self, key: Hashable, answer: Body | Unfinished | None = None) -> None:
        with self._lock:
            if isinstance(answer, Body) and len(answer.compressed) <= self._bodies.maxsize:
                self._bodies[key] = answer
            del self._running[key]


def _weight(body: Body) -> int:
    return len(body.compressed)
