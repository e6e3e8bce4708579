"""The connector's answers: configuration, schema and data."""

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.catalog import Dataset, looker_field, looker_schema
from backend.errors import InternalError, ServiceError
from backend.serving.bodies import Body, TooManyBytesError, data_body
from backend.serving.cache import AnswerCache, CacheState
from backend.serving.config import Configuration, config_answer, read_config
from backend.serving.explanation import Explainer, with_explanation
from backend.serving.filters import refused_by_engine
from backend.serving.freshness import Freshness, FreshnessReader
from backend.serving.parameters import Facts
from backend.serving.queries import Queries, timed_out
from backend.serving.refusals import Refusals
from backend.serving.request import ConfigRequest, DataRequest, Empty, read_body
from backend.serving.results import Job, Result
from backend.serving.samples import sample_rows
from backend.serving.selection import Field, Selection, read_fields, read_selection
from backend.serving.sql import Query, build_query
from backend.serving.tokens import Pending, Tokens
from backend.settings import Settings
from backend.version import VERSION
from backend.warehouse.client import Warehouse

# The connector script's request may take a minute; reading the result takes some of it.
PATIENCE_SECONDS = 45
_LATE_SECONDS = 25
_RUNS_SERVED = timedelta(days=400)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Asked:
    """One request on its way: what is asked, the query as it is sent, and what is known of the data."""

    selection: Selection
    query: Query
    digest: str
    labels: Mapping[str, str]
    freshness: Freshness


class Answers:
    """Each method takes a request's body and raises a `ServiceError` where it cannot be answered."""

    def __init__(self, settings: Settings, catalog: Mapping[str, Dataset], warehouse: Warehouse) -> None:
        self._settings = settings
        self._catalog = catalog
        self._warehouse = warehouse
        self._queries = Queries(settings, warehouse)
        self._freshness = FreshnessReader(warehouse)
        self._cache: AnswerCache[Pending] = AnswerCache(settings.cache_seconds, settings.cache_bytes)
        self._tokens = Tokens(settings.secret_key.value)
        self._refusals = Refusals(settings, self._queries, warehouse)
        self._explainer = Explainer(settings, self._queries)

    def config(self, body: bytes) -> dict[str, Any]:
        """Answer of getConfig; what was chosen before is checked."""
        read_config(read_body(ConfigRequest, body).config_params, self._catalog)
        return config_answer(self._catalog)

    def schema(self, body: bytes) -> dict[str, Any]:
        """Answer of getSchema, for the dataset of `configParams`, all of which are checked."""
        config = read_config(read_body(ConfigRequest, body).config_params, self._catalog)
        return {"schema": looker_schema(config.dataset)}

    def credentials(self, body: bytes) -> dict[str, bool]:
        """Whoever may ask has a valid key."""
        read_body(Empty, body)
        return {"valid": True}

    def data(self, body: bytes, caller: str) -> Body | dict[str, Any]:
        """Answer of getData, or `{pending: token}` where the query takes long; `caller` labels the query, hashed."""
        request = read_body(DataRequest, body)
        config = read_config(request.config_params, self._catalog)
        if request.is_sample:
            return _sample(request, config)
        asked = self._ask(read_selection(request, config), caller)
        pending = self._tokens.read(request.pending, asked.digest) if request.pending else None
        answer, state = self._answer(asked, pending)
        if isinstance(answer, Pending):
            return {"pending": self._tokens.write(answer)}
        if config.explain:
            explanation = self._explainer.explain(asked.query, asked.labels, asked.freshness, state)
            return with_explanation(answer, explanation)
        return answer

    def _ask(self, selection: Selection, caller: str) -> _Asked:
        query = build_query(selection, self._warehouse.table(selection.dataset.table_name))
        freshness = self._freshness.read()
        facts: Facts = {"settled_through": freshness.settled_through, "runs_since": datetime.now(UTC) - _RUNS_SERVED}
        return _Asked(
            selection, query.bound(facts), _digest(selection, query), self._labels(selection, caller), freshness
        )

    def _answer(self, asked: _Asked, pending: Pending | None) -> tuple[Body | Pending, CacheState]:
        # An answer is of the data that were there when its query began.
        freshness = pending.freshness if pending else asked.freshness
        if freshness.version is None or asked.selection.dataset.table.origin == "system":
            # Receipts change without a new version of the data.
            return self._compute(asked, pending), "miss"
        return self._cache.get((asked.digest, freshness), lambda: self._compute(asked, pending))

    def _compute(self, asked: _Asked, pending: Pending | None) -> Body | Pending:
        asked_at = time.time()
        began = pending.began if pending else asked_at
        left = began + self._settings.query_timeout_seconds - time.time()
        seconds = min(PATIENCE_SECONDS, max(left, 0))
        result = self._run(asked, pending, seconds)
        if isinstance(result, Result) and not (result.is_long and time.time() - asked_at > _LATE_SECONDS):
            return self._body(asked, result)
        if isinstance(result, Job) and time.time() >= began + self._settings.query_timeout_seconds:
            try:
                self._queries.cancel(result, asked.query)
            except ServiceError as error:
                _LOG.warning("A query that took too long could not be cancelled: %s", error.debug or error.message)
            raise timed_out(asked.query.text)
        # Reading many rows takes its own time, so a late answer is fetched by the next request.
        job = result.job if isinstance(result, Result) else result
        return Pending(job, asked.digest, pending.freshness if pending else asked.freshness, began)

    def _run(self, asked: _Asked, pending: Pending | None, seconds: float) -> Result | Job:
        try:
            with self._refusals.of_cost(asked.selection, asked.query, asked.labels):
                if pending:
                    return self._queries.resume(pending.job, asked.query, seconds)
                return self._queries.run(asked.query, asked.labels, seconds)
        except InternalError as error:
            refusal = refused_by_engine(asked.selection.predicates, error.debug)
            if refusal is None:
                raise
            raise refusal from error

    def _body(self, asked: _Asked, result: Result) -> Body:
        selection, limits = asked.selection, self._settings
        if result.row_count > limits.max_rows:
            raise self._refusals.of_rows(selection, asked.labels, result.row_count)
        schema = [_answer_field(field) for field in selection.fields]
        rows = result.texts()
        applied = selection.filters_applied
        try:
            return data_body(schema, rows, filters_applied=applied, limit=limits.max_answer_bytes)
        except TooManyBytesError as error:
            raise self._refusals.of_bytes(selection, asked.labels, result, error.read) from None

    def _labels(self, selection: Selection, caller: str) -> dict[str, str]:
        """What Google's bill and job list show; the caller as a keyed hash, which nobody else can look up."""
        key = self._settings.secret_key.value.encode()
        return {
            "dataset": selection.dataset.name[:63],
            "detail": selection.detail,
            "connector": VERSION.replace(".", "-"),
            "caller": hmac.new(key, caller.encode(), hashlib.sha256).hexdigest()[:16],
        }


def _digest(selection: Selection, query: Query) -> str:
    """Equal where the answers are, as long as the data are: two fields may be the same in SQL."""
    names = [field.name for field in selection.fields]
    identity = (selection.dataset.name, names, selection.filters_applied, query.text, query.parameters)
    return hashlib.sha256(repr(identity).encode()).hexdigest()


def _sample(request: DataRequest, config: Configuration) -> Body:
    fields = read_fields(request, config.dataset)
    schema = [_answer_field(field) for field in fields]
    return data_body(schema, [sample_rows(fields)], filters_applied=False, limit=1 << 20)


def _answer_field(field: Field) -> dict[str, Any]:
    """What identifies a column of values; a ratio comes computed, so without its formula."""
    shape = looker_field(field)
    return {key: shape[key] for key in ("name", "label", "dataType", "semantics")}
