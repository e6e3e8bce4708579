"""How an answer was computed, for connector admins: the script shows it to nobody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from backend.serving.bodies import Body, compressed
from backend.serving.cache import CacheState
from backend.serving.freshness import Freshness
from backend.serving.parameters import Parameter
from backend.serving.queries import Queries
from backend.serving.sql import Query
from backend.settings import Settings


class Explainer:
    def __init__(self, settings: Settings, queries: Queries) -> None:
        self._settings = settings
        self._queries = queries

    def explain(
        self, query: Query, labels: Mapping[str, str], freshness: Freshness, state: CacheState
    ) -> dict[str, Any]:
        """SQL, parameters, what BigQuery estimates (null where it gives none), and where the answer came from."""
        return {
            "sql": query.text,
            "parameters": [_shape(parameter) for parameter in query.parameters],
            "estimatedBytes": self._queries.estimate(query, labels),
            "maxBytesBilled": self._settings.max_bytes_billed,
            "cache": {"state": state, "dataVersion": freshness.version, "keptSeconds": self._settings.cache_seconds},
            "rollUp": None,
            "labels": dict(labels),
        }


def with_explanation(body: Body, explanation: dict[str, Any]) -> Body:
    """The answer with the key `explain`."""
    return compressed(body.json()[:-1] + b',"explain":' + orjson.dumps(explanation) + b"}")


def _shape(parameter: Parameter) -> dict[str, Any]:
    value = parameter.value
    if isinstance(value, datetime):
        value = value.isoformat()
    kind = f"ARRAY<{parameter.type}>" if isinstance(value, tuple) else parameter.type
    return {"name": parameter.name, "type": kind, "value": value}
