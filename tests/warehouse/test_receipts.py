from datetime import timedelta

import pytest

from backend.errors import GenesysAuthError, NotReadyError
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Run
from backend.warehouse.receipts import close_receipt, open_receipt, receipts_since
from backend.warehouse.state import read_state
from tests.conftest import MakeSettings
from tests.warehouse.contents import STARTED, receipt_of


def run_of(name: str, hours: int, task: str = "extract") -> Run:
    return Run(name, task, STARTED + timedelta(hours=hours))


def test_a_receipt_is_opened_and_closed(warehouse: Warehouse) -> None:
    run = run_of("closed", 0, "lookups")
    open_receipt(warehouse, run)
    opened = receipt_of(warehouse, run)
    assert (opened["task"], opened["status"], opened["finished_at"]) == ("lookups", "running", None)
    close_receipt(warehouse, run, requests=6, forbidden_lookups="teams")
    closed = receipt_of(warehouse, run)
    assert (closed["status"], closed["genesys_requests"], closed["records_processed"]) == ("ok", 6, 0)
    assert (closed["forbidden_lookups"], closed["error_code"]) == ("teams", None)
    assert closed["finished_at"] is not None


def test_a_failed_run_leaves_its_reason(warehouse: Warehouse) -> None:
    run = run_of("failed", 1)
    open_receipt(warehouse, run)
    close_receipt(warehouse, run, requests=1, error=GenesysAuthError("The client is refused."))
    closed = receipt_of(warehouse, run)
    assert (closed["status"], closed["error_code"]) == ("failed", "genesys_auth")
    assert closed["error_message"] == "The client is refused."


def test_a_run_that_died_without_a_word_is_closed_by_the_next(warehouse: Warehouse) -> None:
    dead, ended, fresh = run_of("dead", 2), run_of("ended", 2), run_of("fresh", 3)
    open_receipt(warehouse, ended)
    close_receipt(warehouse, ended, requests=1)
    open_receipt(warehouse, dead)
    before = receipt_of(warehouse, ended)
    open_receipt(warehouse, fresh)
    buried = receipt_of(warehouse, dead)
    assert (buried["status"], buried["error_code"]) == ("failed", "internal")
    assert "its process was stopped" in buried["error_message"]
    assert receipt_of(warehouse, ended) == before
    assert receipt_of(warehouse, fresh)["status"] == "running"


def test_receipts_come_newest_first_from_a_moment_on(warehouse: Warehouse) -> None:
    for name, hours in (("old", 100), ("middle", 101), ("new", 102)):
        run = run_of(name, hours)
        open_receipt(warehouse, run)
        close_receipt(warehouse, run, requests=0)
    found = receipts_since(warehouse, STARTED + timedelta(hours=101))
    assert [(receipt.run_id, receipt.status) for receipt in found] == [("new", "ok"), ("middle", "ok")]


def test_before_any_table_exists_nothing_is_ready(shared_settings: MakeSettings) -> None:
    warehouse = Warehouse(shared_settings())
    with pytest.raises(NotReadyError, match="not ready yet"):
        receipts_since(warehouse, STARTED)
    with pytest.raises(NotReadyError, match="not ready yet"):
        read_state(warehouse)
