"""`GET /v1/status`: the pipeline's health for operators and monitoring; 200 even before any table exists."""

from datetime import datetime
from typing import Any

from flask import Blueprint

from backend.errors import NotReadyError
from backend.extraction.alerting import SUMMARIES_WITHIN
from backend.extraction.context import Tools
from backend.extraction.health import RECEIPTS_WITHIN, alerts, completeness, dataset_status, run_figures
from backend.forms import rfc3339
from backend.warehouse.comparison import read_summaries
from backend.warehouse.figures import read_figures
from backend.warehouse.receipts import receipts_since
from backend.warehouse.state import read_state
from backend.warehouse.tables import DETAILS
from backend.web.identity import require_tasks_key
from backend.web.services import services

blueprint = Blueprint("status", __name__)


@blueprint.before_request
def _authorize() -> None:
    require_tasks_key(services().settings)


@blueprint.get("/v1/status")
def status() -> dict[str, Any]:
    dataset = _dataset(services().tools)
    return {"status": dataset["status"], "datasets": [dataset], "alerts": dataset["alerts"]}


def _dataset(tools: Tools) -> dict[str, Any]:
    now = tools.now()
    try:
        state = read_state(tools.warehouse)
        receipts = receipts_since(tools.warehouse, now - RECEIPTS_WITHIN)
        summaries = read_summaries(tools.warehouse, now - SUMMARIES_WITHIN)
        figures = read_figures(tools.warehouse, tools.catalog[DETAILS], state.first_start or now)
    except NotReadyError:
        state, receipts, summaries, figures = None, [], [], None
    shape = {
        "name": DETAILS,
        "status": dataset_status(state, receipts, now),
        **run_figures(state, receipts, now),
        "quarantined": figures.quarantined if figures else None,
        "open_conversations": figures.open_conversations if figures else None,
        "completeness": completeness(summaries),
        "alerts": [_written(alert._asdict()) for alert in alerts(receipts, summaries, now)],
    }
    return _written(shape)


def _written(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: rfc3339(value) if isinstance(value, datetime) else value for key, value in shape.items()}
