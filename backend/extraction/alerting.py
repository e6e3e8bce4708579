"""Sends each alert once when it is raised and once when it has cleared, to the log and to the webhook."""

import logging
from datetime import datetime, timedelta

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from backend.extraction.health import RECEIPTS_WITHIN, alerts
from backend.forms import rfc3339
from backend.settings import Secret
from backend.warehouse.alert_log import Alert, raised_alerts, record_raised, record_resolved
from backend.warehouse.client import Warehouse
from backend.warehouse.comparison import read_summaries
from backend.warehouse.receipts import receipts_since

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10
SUMMARIES_WITHIN = timedelta(days=8)


def announce(warehouse: Warehouse, webhook: Secret | None, now: datetime) -> None:
    """Compares what is wrong now with what went out before. Called under the lease, after a run's receipt is closed.

    Raises `ServiceError` where the warehouse cannot be asked; a webhook that does not answer is only logged.
    """
    current = {alert.code: alert for alert in current_alerts(warehouse, now)}
    raised = {alert.code: alert for alert in raised_alerts(warehouse)}
    for code in current.keys() - raised.keys():
        record_raised(warehouse, current[code])
        _LOG.error("alert %s: %s", code, current[code].message)
        _send(webhook, "raised", current[code])
    if cleared := raised.keys() - current.keys():
        record_resolved(warehouse, cleared)
        for code in cleared:
            _LOG.info("alert %s has cleared", code)
            _send(webhook, "resolved", raised[code])


def current_alerts(warehouse: Warehouse, now: datetime) -> list[Alert]:
    """What the receipts and comparisons say is wrong now."""
    return alerts(
        receipts_since(warehouse, now - RECEIPTS_WITHIN), read_summaries(warehouse, now - SUMMARIES_WITHIN), now
    )


def _send(webhook: Secret | None, state: str, alert: Alert) -> None:
    if webhook is None:
        return
    body = {"state": state, "code": alert.code, "message": alert.message, "since": rfc3339(alert.since)}
    retry = Retry(
        total=2,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        # The webhook must not hold up the run for as long as it likes.
        respect_retry_after_header=False,
    )
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        try:
            session.post(webhook.value, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()
        except requests.RequestException as error:
            # The address is a secret, and stands in the error's text.
            _LOG.error("alert %s (%s) did not reach the webhook: %s", alert.code, state, type(error).__name__)
