"""Which properties Genesys sends that the published conversation model did not have: names only, never a value.

Typed decoding skips unknown properties without a word, so new ones are looked for on raw records. The model,
`conversation_model.json`, gives by object the names of its properties, each with the object it holds (null for plain
values and for maps with free keys).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from backend.genesys.client import GenesysClient
from backend.genesys.conversations import details_pages

_MODEL_FILE = Path(__file__).with_name("conversation_model.json")
_ROOT = "AnalyticsConversation"

type Model = dict[str, dict[str, str | None]]


@cache
def conversation_model() -> Model:
    """The committed model."""
    model: Model = msgspec.json.decode(_MODEL_FILE.read_bytes(), type=Model)
    return model


def sample_conversations(client: GenesysClient, start: datetime, end: datetime) -> list[msgspec.Raw]:
    """One page of the conversations of a span (aware), undecoded. Raises what `details_pages` raises."""
    return next(details_pages(client, start, end)).conversations


def unknown_properties(records: Iterable[bytes | msgspec.Raw]) -> dict[str, int]:
    """Paths such as `participants.sessions.newName` that the model lacks, each with how many records hold it."""
    found: Counter[str] = Counter()
    for record in records:
        found.update(set(_unknown(msgspec.json.decode(record), _ROOT, "")))
    return dict(sorted(found.items()))


def _unknown(value: Any, kind: str, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _unknown(entry, kind, path)
    elif isinstance(value, dict):
        properties = conversation_model()[kind]
        for name, inner in value.items():
            if name not in properties:
                yield path + name
            elif held := properties[name]:
                yield from _unknown(inner, held, f"{path}{name}.")
