"""Checks a record against the published wire model."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

_MODEL = orjson.loads((Path(__file__).parents[2] / "data" / "genesys-conversation-model.json").read_bytes())
_OBJECTS: dict[str, dict[str, dict[str, Any]]] = {
    **_MODEL["responseObjects"],
    **_MODEL["responseEnvelopes"],
    **_MODEL["lookupObjects"],
}
_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "boolean": bool, "number": (int, float), "integer": int}


def breaches(value: Any, name: str, path: str = "$") -> Iterator[str]:
    """Where a JSON object is not what the model says of `name`: unknown property, wrong type, unknown enum member."""
    for key, item in value.items():
        declared = _OBJECTS[name].get(key)
        if declared is None:
            yield f"{path}.{key}: not a property of {name}"
        else:
            yield from _value_breaches(item, declared, f"{path}.{key}")


def _value_breaches(value: Any, declared: dict[str, Any], path: str) -> Iterator[str]:
    kind = declared["type"]
    if kind == "array":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no array"
            return
        for index, item in enumerate(value):
            yield from _value_breaches(item, declared["items"], f"{path}[{index}]")
    elif kind == "object":
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
        elif declared.get("ref") in _OBJECTS:
            yield from breaches(value, declared["ref"], path)
    elif not isinstance(value, _TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {kind}"
    elif value not in declared.get("enum", [value]):
        yield f"{path}: {value!r} is not in the enumeration"
    elif declared.get("format") == "date-time" and not _is_utc_with_milliseconds(str(value)):
        yield f"{path}: {value!r} is no UTC date with milliseconds"


def _is_utc_with_milliseconds(text: str) -> bool:
    return len(text) == 24 and text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None
