"""What the receipts say about the pipeline's health: pure, receipts and clock are handed in. Times are aware UTC."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backend.warehouse.receipts import Receipt
from backend.warehouse.state import State

RECEIPTS_WITHIN = timedelta(days=8)
_STALE_AFTER = timedelta(minutes=45)
_AVERAGE_OVER = timedelta(hours=3)


def dataset_status(state: State | None, receipts: Sequence[Receipt], now: datetime) -> str:
    """`RUNNING` while a run holds the lease, `FAILED` where the last run failed, `STALE` 45 minutes after success."""
    finished = _finished(receipts)
    if state and state.lease_until and state.lease_until > now:
        return "RUNNING"
    if finished and finished[0].status == "failed":
        return "FAILED"
    success = next((receipt for receipt in finished if receipt.status == "ok"), None)
    return "ACTIVE" if success and now - success.ended() <= _STALE_AFTER else "STALE"


def run_figures(state: State | None, receipts: Sequence[Receipt], now: datetime) -> dict[str, Any]:
    """The figures of the status that follow from state and receipts; None where there is nothing to tell."""
    finished = _finished(receipts)
    recent = [
        receipt.records_processed
        for receipt in finished
        if receipt.status == "ok" and now - receipt.ended() <= _AVERAGE_OVER
    ]
    watermark = state.watermark if state else None
    return {
        "last_run_timestamp": finished[0].ended() if finished else None,
        "records_processed": finished[0].records_processed if finished else None,
        "records_average_3h": round(sum(recent) / len(recent), 1) if recent else None,
        "watermark": watermark,
        "freshness_seconds": max(0, int((now - watermark).total_seconds())) if watermark else None,
    }


def alerts(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """What the operator should act on now: `{code, message, since}`."""
    found = []
    failures = _failures_since_success(_finished(receipts))
    if failures:
        latest = failures[0]
        message = (
            f"The last run failed ({latest.error_code}): {latest.error_message} The data stays as of the last commit. "
            "When the cause is mended, the next scheduled run catches up; GET /tasks/extract starts one now."
        )
        found.append({"code": "run_failed", "message": message, "since": failures[-1].ended()})
    forbidden = next((r for r in receipts if r.status == "ok" and (r.task == "lookups" or r.forbidden_lookups)), None)
    if forbidden and forbidden.forbidden_lookups:
        message = f"Names stay ids in what is loaded now: {forbidden.forbidden_lookups} Then GET /tasks/lookups."
        found.append({"code": "lookup_forbidden", "message": message, "since": forbidden.ended()})
    return found


def _finished(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Extraction runs that ended, newest first."""
    return [receipt for receipt in receipts if receipt.task == "extract" and receipt.status != "running"]


def _failures_since_success(finished: Sequence[Receipt]) -> list[Receipt]:
    failures = []
    for receipt in finished:
        if receipt.status != "failed":
            break
        failures.append(receipt)
    return failures
