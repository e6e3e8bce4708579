"""What the scheduler calls. A failure of ours is never 503, which App Engine would retry without counting."""

from typing import Any

from flask import Blueprint, g

from backend.extraction.context import Answer, Work
from backend.extraction.lookups import lookups
from backend.extraction.pipeline import extract
from backend.extraction.runs import RunFailedError, perform
from backend.extraction.settle import settle
from backend.forms import rfc3339
from backend.web.identity import require_scheduler
from backend.web.services import services

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.before_request
def _authorize() -> None:
    require_scheduler(services().settings)


@blueprint.get("/extract")
def run_extract() -> tuple[dict[str, Any], int]:
    return _run("extract", extract)


@blueprint.get("/lookups")
def run_lookups() -> tuple[dict[str, Any], int]:
    return _run("lookups", lookups)


@blueprint.get("/settle")
def run_settle() -> tuple[dict[str, Any], int]:
    return _run("settle", settle)


def _run(task: str, work: Work) -> tuple[dict[str, Any], int]:
    try:
        return _shape(perform(services().tools, task, work)), 200
    except RunFailedError as failure:
        envelope = failure.error.envelope(g.request_id)
        return {"runId": failure.run_id, "status": "failed", **envelope}, 500


def _shape(answer: Answer) -> dict[str, Any]:
    return {
        "runId": answer.run_id,
        "status": answer.status,
        "recordsProcessed": answer.records_processed,
        "watermark": rfc3339(answer.watermark),
        "more": answer.more,
    }
