"""Alerts go out once when raised and once when cleared, to a webhook and to the log."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from backend.catalog import load_catalog
from backend.errors import GenesysAuthError
from backend.extraction.alerting import announce
from backend.settings import Secret
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run
from backend.warehouse.receipts import close_receipt, open_receipt
from backend.warehouse.tables import create_missing_tables
from tests.conftest import MakeSettings
from tests.genesys.fakes import FakeGenesys, Reply

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def warehouse(temporary_settings: MakeSettings) -> Warehouse:
    warehouse = Warehouse(temporary_settings())
    create_missing_tables(warehouse, load_catalog())
    return warehouse


def run(warehouse: Warehouse, number: int, error: GenesysAuthError | None = None) -> None:
    """An extraction that ended with that error, or well."""
    done = Run(f"run-{number}", "extract", NOW + timedelta(seconds=number))
    open_receipt(warehouse, done)
    close_receipt(warehouse, done, requests=1, error=error)


def test_raised_once_and_resolved_once(
    warehouse: Warehouse, genesys: FakeGenesys, caplog: pytest.LogCaptureFixture
) -> None:
    genesys.on("/hook", Reply(status=429, headers={"Retry-After": "3600"}), Reply())
    hook = Secret(f"{genesys.url}/hook")
    refused = GenesysAuthError("The client is refused.")
    with caplog.at_level(logging.INFO, "backend.extraction.alerting"):
        for number, error in enumerate([refused, refused, None, None]):
            run(warehouse, number, error)
            announce(warehouse, hook, datetime.now(UTC))

    again, *sent = [call.json for call in genesys.calls("/hook")]
    assert again == sent[0], "a webhook that asks to wait for an hour is asked again at once"
    assert [(body["state"], body["code"]) for body in sent] == [("raised", "run_failed"), ("resolved", "run_failed")]
    assert "The client is refused." in sent[0]["message"]
    assert sent[0]["since"].endswith("Z")
    logged = [(record.levelname, record.getMessage().split(":")[0]) for record in caplog.records]
    assert logged == [("ERROR", "alert run_failed"), ("INFO", "alert run_failed has cleared")]


def test_a_webhook_that_is_down_is_only_logged(
    warehouse: Warehouse, genesys: FakeGenesys, caplog: pytest.LogCaptureFixture
) -> None:
    genesys.on("/hook", Reply(status=404))
    run(warehouse, 1, GenesysAuthError("The client is refused."))
    announce(warehouse, Secret(f"{genesys.url}/hook"), datetime.now(UTC))
    assert "did not reach the webhook: HTTPError" in caplog.text
    assert genesys.url not in caplog.text, "the address is a secret"
