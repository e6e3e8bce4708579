"""A backend behind the real Apps Script files: a handful of rows, filters pushed down or not as told."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.looker.url_fetch import FetchRequest, FetchResponse
from tests.sandbox.looker.samples import CONFIG, SCHEMA

KEY = "k" * 32
TYPES = {declared["name"]: declared["dataType"] for declared in SCHEMA["schema"]}
ROWS: list[dict[str, Any]] = [
    {"city": "Bern", "day": "20240309", "open": True, "size": "1", "calls": "1", "wait": "0.1", "wait_count": "1"},
    {"city": "Bern", "day": "20240309", "open": None, "size": "2", "calls": "1", "wait": "0.2", "wait_count": "1"},
    {"city": "Zug", "day": "20240309", "open": False, "size": "3", "calls": "1", "wait": None, "wait_count": "0"},
    {"city": None, "day": "20240310", "open": True, "size": None, "calls": "1", "wait": "7", "wait_count": "1"},
    {"city": "", "day": "20240310", "open": True, "size": "5", "calls": "1", "wait": None, "wait_count": "0"},
]


@dataclass
class Connector:
    """Answers `/v1/*`; `kept` are the rows of a pushed-down filter, None where filters are left to the host."""

    kept: list[int] | None = None
    replies: dict[str, Any] = field(default_factory=lambda: {"/v1/config": CONFIG, "/v1/schema": SCHEMA})
    requests: list[Any] = field(default_factory=list)

    def __call__(self, request: FetchRequest) -> FetchResponse:
        path = request.url.removeprefix("https://backend.example.com")
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return FetchResponse(401, "{}")
        if path == "/v1/credentials":
            return FetchResponse(200, '{"valid": true}')
        body = json.loads(request.payload)
        self.requests.append(body)
        reply = self.replies[path] if path in self.replies else self.data(body)
        return FetchResponse(422 if "error" in reply else 200, json.dumps(reply))

    def data(self, request: dict[str, Any]) -> dict[str, Any]:
        pushed = self.kept is not None
        names = [entry["name"] for entry in request["fields"] if not (pushed and entry.get("forFilterOnly"))]
        rows = ROWS if self.kept is None else [ROWS[i] for i in self.kept]
        return {
            "schema": [{"name": name, "dataType": TYPES[name]} for name in names],
            "rows": [{"values": [row[name] for name in names]} for row in rows],
            "filtersApplied": pushed,
        }
