"""What receipts and comparisons say about the pipeline's health: pure, the clock is handed in. Times are UTC."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from backend.warehouse.alert_log import Alert
from backend.warehouse.comparison import RECOUNT, Summary
from backend.warehouse.receipts import Receipt
from backend.warehouse.state import State

RECEIPTS_WITHIN = timedelta(days=8)
_STALE_AFTER = timedelta(minutes=45)
_AVERAGE_OVER = timedelta(hours=3)
_WEEK, _HALF_AN_HOUR = timedelta(days=7), timedelta(minutes=30)
# Fewer conversations than this a run say nothing: a quiet hour is no alert.
_MEANINGFUL_AVERAGE = 20


def dataset_status(state: State | None, receipts: Sequence[Receipt], now: datetime) -> str:
    """`RUNNING` while a run holds the lease, `FAILED` where the last run failed, `STALE` 45 minutes after success."""
    finished = _finished(receipts, "extract")
    if state and state.lease_until and state.lease_until > now:
        return "RUNNING"
    if finished and finished[0].status == "failed":
        return "FAILED"
    success = next((receipt for receipt in finished if receipt.status == "ok"), None)
    return "ACTIVE" if success and now - success.ended() <= _STALE_AFTER else "STALE"


def run_figures(state: State | None, receipts: Sequence[Receipt], now: datetime) -> dict[str, Any]:
    """The figures of the status that follow from state and receipts; None where there is nothing to tell."""
    finished = _finished(receipts, "extract")
    watermark = state.watermark if state else None
    average = _average(receipt for receipt in finished if now - receipt.ended() <= _AVERAGE_OVER)
    return {
        "last_run_timestamp": finished[0].ended() if finished else None,
        "records_processed": finished[0].records_processed if finished else None,
        "records_average_3h": None if average is None else round(average, 1),
        "watermark": watermark,
        "settled_through": state.settled_through if state else None,
        "freshness_seconds": max(0, int((now - watermark).total_seconds())) if watermark else None,
    }


def completeness(summaries: Sequence[Summary]) -> float | None:
    """Our share of what Genesys counted as offered on the compared days, 0 to 1; None before any comparison."""
    offered = [summary for summary in summaries if summary.metric == "nOffered"]
    total = sum(summary.genesys for summary in offered)
    if not offered:
        return None
    return round(sum(min(summary.ours, summary.genesys) for summary in offered) / total, 6) if total else 1.0


def alerts(receipts: Sequence[Receipt], summaries: Sequence[Summary], now: datetime) -> list[Alert]:
    """What the operator should act on now."""
    found = [
        _failed(receipts, "extract", "run_failed"),
        _failed(receipts, "settle", "settle_failed"),
        _failed(receipts, "lookups", "lookups_failed"),
        _low(_finished(receipts, "extract"), now),
        _forbidden(receipts),
        _withheld(receipts),
        _differs(summaries),
        _drifted(summaries),
    ]
    return [alert for alert in found if alert is not None]


def _failed(receipts: Sequence[Receipt], task: str, code: str) -> Alert | None:
    failures = list(_failures_since_success(_finished(receipts, task)))
    if not failures:
        return None
    latest = failures[0]
    message = (
        f"The last {task} run failed ({latest.error_code}): {latest.error_message} The data stays as of the last "
        f"commit. When the cause is mended, the next scheduled run catches up; GET /tasks/{task} starts one now."
    )
    return Alert(code, message, failures[-1].ended())


def _low(finished: Sequence[Receipt], now: datetime) -> Alert | None:
    """The last run received less than half of the last hours' average, and a week ago it was not so."""
    if not finished or finished[0].status != "ok" or now - finished[0].ended() > _STALE_AFTER:
        return None
    latest, earlier = finished[0], finished[1:]
    recent = [receipt for receipt in earlier if latest.ended() - receipt.ended() <= _AVERAGE_OVER]
    usual = [receipt for receipt in recent if not _caught_up(receipt, finished)]
    average = _average(usual or recent)
    if average is None or average < _MEANINGFUL_AVERAGE or latest.records_processed >= average / 2:
        return None
    if not usual and latest.records_processed:
        return None
    then = latest.ended() - _WEEK
    last_week = _average(receipt for receipt in earlier if abs(receipt.ended() - then) <= _HALF_AN_HOUR)
    if last_week is not None and last_week < average / 2:
        return None
    message = (
        f"The last run received {latest.records_processed} conversations, less than half of the {average:.0f} that the "
        "runs of the last three hours received on average. If the contact centre did not just go quiet, a permission, "
        "a division or a route may have changed: run python -m backend doctor."
    )
    return Alert("records_low", message, latest.ended())


def _caught_up(receipt: Receipt, finished: Sequence[Receipt]) -> bool:
    """Whether the run read history or an outage, so that its figure is no measure for the runs after it."""
    before = [r.watermark for r in finished if r.watermark and r.ended() < receipt.ended()]
    return not before or receipt.watermark is None or receipt.watermark - before[0] > _AVERAGE_OVER


def _forbidden(receipts: Sequence[Receipt]) -> Alert | None:
    latest = next((r for r in receipts if r.status == "ok" and (r.task == "lookups" or r.forbidden_lookups)), None)
    if latest is None or not latest.forbidden_lookups:
        return None
    message = f"Names stay ids in what is loaded now: {latest.forbidden_lookups} Then GET /tasks/lookups."
    return Alert("lookup_forbidden", message, latest.ended())


def _withheld(receipts: Sequence[Receipt]) -> Alert | None:
    cycle = next(
        (r for r in _finished(receipts, "settle") if r.status == "ok" and r.withheld_deletions is not None), None
    )
    if cycle is None or not cycle.withheld_deletions:
        return None
    message = (
        f"At least {cycle.withheld_deletions} stored conversations are gone from Genesys, more than 1 % of a day, so "
        "nothing was marked deleted: a lost permission or division looks the same. Run python -m backend doctor "
        "and check the divisions of the OAuth client's role; the next night compares again."
    )
    return Alert("deletions_withheld", message, cycle.ended())


def _differs(summaries: Sequence[Summary]) -> Alert | None:
    different = [summary for summary in summaries if summary.different and summary.metric != RECOUNT]
    if not different:
        return None
    worst = max(different, key=lambda summary: summary.different)
    message = (
        f"Genesys's own counts differ from ours, most in {worst.metric} of {worst.day:%Y-%m-%d} (Genesys "
        f"{worst.genesys}, ours {worst.ours}). Run python -m backend tie-out --date {worst.day:%Y-%m-%d} for what "
        "could explain it."
    )
    return Alert("counts_differ", message, min(summary.checked_at for summary in different))


def _drifted(summaries: Sequence[Summary]) -> Alert | None:
    drifted = [summary for summary in summaries if summary.different and summary.metric == RECOUNT]
    if not drifted:
        return None
    message = (
        f"queue_performance of {drifted[-1].day:%Y-%m-%d} differs from its own events in {drifted[-1].different} "
        "places. Run python -m backend rebuild queue-performance, and report it."
    )
    return Alert("queue_performance_drift", message, drifted[0].checked_at)


def _finished(receipts: Sequence[Receipt], task: str) -> list[Receipt]:
    """Runs of a task that ended, newest first."""
    return [receipt for receipt in receipts if receipt.task == task and receipt.status != "running"]


def _failures_since_success(finished: Sequence[Receipt]) -> Iterator[Receipt]:
    for receipt in finished:
        if receipt.status != "failed":
            return
        yield receipt


def _average(receipts: Iterable[Receipt]) -> float | None:
    records = [receipt.records_processed for receipt in receipts if receipt.status == "ok"]
    return sum(records) / len(records) if records else None
