"""One run: lease, receipt, work step by step, and a clean end however it ends.

The work is an iterator that does one effect a step; between steps the lease is kept. A process that dies between two
steps leaves what its last commit left, and the next run goes on from there.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from backend.errors import InternalError, NotReadyError, ServiceError, WarehouseUnavailableError
from backend.extraction.alerting import announce
from backend.extraction.context import Answer, Context, Progress, Tools, Work
from backend.extraction.stopping import RunStoppedError, go_on
from backend.genesys.pacing import Pacer
from backend.warehouse.client import warehouse_errors
from backend.warehouse.commit import Run
from backend.warehouse.lease import Lease
from backend.warehouse.maintenance import quarantined_ids
from backend.warehouse.receipts import close_receipt, open_receipt
from backend.warehouse.state import State, read_state
from backend.warehouse.tables import create_missing_tables

_LOG = logging.getLogger(__name__)


class RunFailedError(Exception):
    """A run that failed, with its id and the named error; the receipt says the same."""

    def __init__(self, run_id: str, error: ServiceError) -> None:
        super().__init__(str(error))
        self.run_id = run_id
        self.error = error


def perform(tools: Tools, task: str, work: Work) -> Answer:
    """Runs the work under the lease; `skipped` where another run holds it. Raises `RunFailedError`."""
    started_at = tools.now()
    run = Run(f"{task}-{started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}", task, started_at)
    try:
        with warehouse_errors("creating missing tables"):
            create_missing_tables(tools.warehouse, tools.catalog)
        lease = Lease.acquire(tools.warehouse, run.id, seconds=tools.settings.lease_seconds, clock=tools.monotonic)
        state = read_state(tools.warehouse)
    except Exception as error:
        raise _failed(run, _named(run, error)) from error
    if lease is None:
        _LOG.info("%s skipped: %s holds the lease", run.id, state.lease_holder)
        return Answer(run.id, "skipped", 0, state.watermark, False)
    return _under_lease(tools, run, lease, state, work)


def _under_lease(tools: Tools, run: Run, lease: Lease, state: State, work: Work) -> Answer:
    deadline = run.started_at.timestamp() + tools.settings.run_deadline_seconds
    pacer = Pacer(
        tools.settings.genesys_requests_per_minute,
        clock=lambda: tools.now().timestamp(),
        ready_at=state.paced_until.timestamp() if state.paced_until else 0.0,
    )

    def beat() -> None:
        go_on()
        lease.keep()

    genesys = tools.connect(pacer, beat, deadline)
    progress = Progress(watermark=state.watermark)
    try:
        open_receipt(tools.warehouse, run)
        quarantined = frozenset(quarantined_ids(tools.warehouse))
        context = Context(tools, run, lease, genesys, state, deadline, progress, quarantined)
        _work_through(work(context), beat, progress)
        if not progress.closed:
            close_receipt(
                tools.warehouse,
                run,
                requests=genesys.requests,
                more=progress.more,
                forbidden_lookups=progress.forbidden_text(),
            )
    except Exception as error:
        raise _failed(run, _close_failed(tools, run, genesys.requests, error)) from error
    finally:
        try:
            _announce(tools)
        finally:
            _release(lease, pacer)
    _LOG.info("%s ok: %d records, watermark %s, more %s", run.id, progress.records, progress.watermark, progress.more)
    return Answer(run.id, "ok", progress.records, progress.watermark, progress.more, genesys.requests)


def _work_through(steps: Iterator[None], beat: Callable[[], None], progress: Progress) -> None:
    """Takes every step; a process that is told to end leaves the rest to the next run."""
    try:
        for _ in steps:
            beat()
    except RunStoppedError:
        progress.more = True


def _announce(tools: Tools) -> None:
    """Alerts never fail the run that raises them."""
    try:
        announce(tools.warehouse, tools.settings.alert_webhook_url, tools.now())
    except ServiceError as error:
        _LOG.error("alerts could not be checked: %s (%s)", error.message, error.debug)


def _close_failed(tools: Tools, run: Run, requests: int, error: Exception) -> ServiceError:
    named = _named(run, error)
    try:
        close_receipt(tools.warehouse, run, requests=requests, error=named)
    except ServiceError as closing:
        _LOG.error("%s: its receipt could not be closed: %s (%s)", run.id, closing.message, closing.debug)
    return named


def _named(run: Run, error: Exception) -> ServiceError:
    """In the terms of tasks, and of their operator."""
    if isinstance(error, NotReadyError):
        return WarehouseUnavailableError(
            "A table or dataset of the warehouse is missing. Check BIGQUERY_PROJECT and BIGQUERY_DATASET; each run "
            "creates what it misses.",
            debug=error.debug,
        )
    if isinstance(error, ServiceError):
        return error
    _LOG.exception("%s met an unexpected error", run.id)
    return InternalError(
        "The run failed by a defect of this service; the next one goes on from the last commit. Report this run.",
        debug=type(error).__name__,
    )


def _release(lease: Lease, pacer: Pacer) -> None:
    """Failing to give the lease back costs no more than its remaining seconds."""
    try:
        lease.release(datetime.fromtimestamp(pacer.ready_at, UTC))
    except ServiceError as error:
        _LOG.warning("%s: the lease was not given back and expires by itself: %s", lease.holder, error.debug)


def _failed(run: Run, error: ServiceError) -> RunFailedError:
    _LOG.error("%s failed (%s): %s [%s]", run.id, error.code, error.message, error.debug)
    return RunFailedError(run.id, error)
