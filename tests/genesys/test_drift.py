"""Properties that the committed model does not know, and the model itself."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.genesys import drift
from backend.genesys.client import GenesysClient
from tests.genesys.fakes import FakeGenesys, Reply

DATA = Path(__file__).parents[1] / "data"
MODEL = Path(drift.__file__).with_name("conversation_model.json")


def test_the_model_is_that_of_the_published_file(request: pytest.FixtureRequest) -> None:
    """`pytest --update-golden` writes it anew."""
    published = json.loads((DATA / "genesys-conversation-model.json").read_bytes())["responseObjects"]
    model = {
        kind: {name: (declared.get("items") or declared).get("ref") for name, declared in sorted(properties.items())}
        for kind, properties in sorted(published.items())
        if not kind.endswith("WithoutAttributes")
    }
    if request.config.getoption("--update-golden"):
        lines = ",\n".join(f"{json.dumps(kind)}: {json.dumps(properties)}" for kind, properties in model.items())
        MODEL.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")

    assert drift.conversation_model() == model


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param({"conversationId": "c1"}, {}, id="all known"),
        pytest.param({"mood": "calm"}, {"mood": 1}, id="on the conversation"),
        pytest.param(
            {"participants": [{"sessions": [{"segments": [{"colour": 1}, {"colour": 2}]}]}, {"size": None}]},
            {"participants.sessions.segments.colour": 1, "participants.size": 1},
            id="further in",
        ),
        pytest.param({"participants": [{"attributes": {"anything": "x"}}]}, {}, id="free keys are no drift"),
        pytest.param({"newThing": {"conversationId": {"deep": 1}}}, {"newThing": 1}, id="a new object is named once"),
        pytest.param({"participants": None}, {}, id="null"),
        pytest.param({"participants": "none"}, {}, id="another type"),
    ],
)
def test_unknown_properties_are_named_by_path(record: dict[str, Any], expected: dict[str, int]) -> None:
    assert drift.unknown_properties([json.dumps(record).encode()]) == expected


def test_records_are_counted() -> None:
    records = [msgspec.Raw(b'{"mood": 1}'), msgspec.Raw(b"{}"), msgspec.Raw(b'{"mood": 2, "air": 1}')]

    assert drift.unknown_properties(records) == {"air": 1, "mood": 2}


def test_published_samples_hold_nothing_unknown() -> None:
    samples = [file.read_bytes() for file in sorted((DATA / "genesys-samples").glob("*.json"))]

    assert samples
    assert drift.unknown_properties(samples) == {}


def test_one_page_is_a_sample(client: GenesysClient, genesys: FakeGenesys) -> None:
    path = "/api/v2/analytics/conversations/details/query"
    page = [{"conversationId": f"c{number}"} for number in range(100)]
    genesys.on(path, Reply({"conversations": page, "totalHits": 5_000}))

    sample = drift.sample_conversations(client, datetime(2024, 5, 15, tzinfo=UTC), datetime(2024, 5, 16, tzinfo=UTC))

    assert len(sample) == 100
    assert len(genesys.calls(path)) == 1
