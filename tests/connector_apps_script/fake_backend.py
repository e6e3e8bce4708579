"""A backend that plays scripted answers to the script's fetches, and notes what it was asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.looker.url_fetch import FetchError, FetchRequest, FetchResponse

type Answer = FetchResponse | FetchError


def reply(body: object, status: int = 200) -> FetchResponse:
    return FetchResponse(status, json.dumps(body))


def envelope(status: int, code: str, message: str, debug: str = "") -> FetchResponse:
    return reply({"error": {"code": code, "message": message, "debug": debug, "requestId": "req-7"}}, status)


@dataclass
class FakeBackend:
    """Gives the scripted answers in order, the last one again and again."""

    answers: list[Answer] = field(default_factory=lambda: [reply({})])
    asked: list[FetchRequest] = field(default_factory=list)
    on_ask: Callable[[], None] = lambda: None

    def __call__(self, request: FetchRequest) -> FetchResponse:
        self.asked.append(request)
        self.on_ask()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FetchError):
            raise answer
        return answer

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.payload) for request in self.asked]


@dataclass
class FakeClock:
    """Seconds since 1970; sleeping moves it on."""

    now: float = 1_710_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds
