"""The connector's answers: configuration, schema and data."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from backend.catalog import Dataset, looker_field, looker_schema
from backend.errors import ResultTooLargeError, ServiceError
from backend.serving.config import config_answer, read_config
from backend.serving.queries import Queries
from backend.serving.refusals import alternatives, best_fit, too_many_bytes, too_many_rows
from backend.serving.request import ConfigRequest, DataRequest, read_body
from backend.serving.rows import answer_body
from backend.serving.selection import Field, Selection, read_selection
from backend.serving.sql import build_counts, build_query
from backend.settings import Settings
from backend.warehouse.client import Warehouse

_log = logging.getLogger(__name__)


class Answers:
    """Each method takes a request's body and raises a `ServiceError` where it cannot be answered."""

    def __init__(self, settings: Settings, catalog: Mapping[str, Dataset], warehouse: Warehouse) -> None:
        self._settings = settings
        self._catalog = catalog
        self._warehouse = warehouse
        self._queries = Queries(settings, warehouse)

    def config(self, body: bytes) -> dict[str, Any]:
        """Answer of getConfig: the same whatever was chosen before, so that a wrong choice can be corrected."""
        read_body(ConfigRequest, body)
        return config_answer(self._catalog)

    def schema(self, body: bytes) -> dict[str, Any]:
        """Answer of getSchema, for the dataset of `configParams`, all of which are checked."""
        config = read_config(read_body(ConfigRequest, body).config_params, self._catalog)
        return {"schema": looker_schema(config.dataset)}

    def data(self, body: bytes, caller: str) -> bytes:
        """Answer of getData as JSON; `caller` is the name by which the query is labelled (hashed)."""
        selection = read_selection(read_body(DataRequest, body), self._catalog)
        labels = _labels(selection, caller)
        result = self._queries.run(build_query(selection, self._table(selection)), labels)
        limit = self._settings.max_rows
        if result.row_count > limit:
            raise self._too_large(selection, labels, too_many_rows(result.row_count, limit), limit)
        schema = [_answer_field(field) for field in selection.fields]
        answer = answer_body(schema, result.cells(), filters_applied=selection.filters_applied)
        limit = self._settings.max_answer_bytes
        if len(answer) > limit:
            fitting = result.row_count * limit // len(answer)
            text = too_many_bytes(result.row_count, len(answer), limit, fitting)
            raise self._too_large(selection, labels, text, fitting)
        return answer

    def _table(self, selection: Selection) -> str:
        return self._warehouse.table(selection.dataset.name)

    def _too_large(
        self, selection: Selection, labels: Mapping[str, str], text: str, fitting: int
    ) -> ResultTooLargeError:
        """Counts the rows of what could be asked instead; should that fail, the refusal stands without the count."""
        choices = alternatives(selection)
        counts: list[int] = []
        if choices:
            query = build_counts(selection, self._table(selection), [choice.grouping for choice in choices])
            try:
                counts = [int(str(count)) for count in self._queries.run(query, labels).cells()[0]]
            except ServiceError as error:
                _log.warning("No advice for a refused answer: %s", error.debug or error.message)
                choices = []
        return ResultTooLargeError(f"{text} {best_fit(choices, counts, fitting)}")


def _answer_field(field: Field) -> dict[str, Any]:
    """What identifies a column of values; a ratio comes computed, so without its formula."""
    shape = looker_field(field)
    return {key: shape[key] for key in ("name", "label", "dataType", "semantics")}


def _labels(selection: Selection, caller: str) -> dict[str, str]:
    return {
        "dataset": selection.dataset.name[:63],
        "detail": selection.detail,
        "caller": hashlib.sha256(caller.encode()).hexdigest()[:16],
    }
