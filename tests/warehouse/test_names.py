from datetime import timedelta

import pytest

from backend.warehouse.client import Warehouse
from backend.warehouse.names import StoredName, merge_names, read_names, store_names
from tests.warehouse.contents import STARTED

NOW = STARTED + timedelta(days=1)
BILLING = StoredName("queue", "q1", "Billing", False, STARTED)
AGENT = StoredName("user", "u1", "Agent 014", False, STARTED)


@pytest.mark.parametrize(
    ("stored", "read", "expected"),
    [
        pytest.param([], {"queue": {"q1": "Billing"}}, [BILLING._replace(changed_at=NOW)], id="first seen"),
        pytest.param([BILLING], {"queue": {"q1": "Billing"}}, [BILLING], id="as before"),
        pytest.param(
            [BILLING], {"queue": {"q1": "Invoices"}}, [BILLING._replace(name="Invoices", changed_at=NOW)], id="renamed"
        ),
        pytest.param([BILLING], {"queue": {}}, [BILLING._replace(deleted=True, changed_at=NOW)], id="deleted"),
        pytest.param(
            [BILLING._replace(deleted=True)], {"queue": {}}, [BILLING._replace(deleted=True)], id="deleted before"
        ),
        pytest.param(
            [BILLING._replace(deleted=True)],
            {"queue": {"q1": "Billing"}},
            [BILLING._replace(changed_at=NOW)],
            id="back again",
        ),
        pytest.param([BILLING, AGENT], {"user": {"u1": "Agent 014"}}, [BILLING, AGENT], id="a kind that was not read"),
        pytest.param(
            [BILLING],
            {"user": {"q1": "Agent 1"}},
            [BILLING, StoredName("user", "q1", "Agent 1", False, NOW)],
            id="same id",
        ),
    ],
)
def test_merging(stored: list[StoredName], read: dict[str, dict[str, str]], expected: list[StoredName]) -> None:
    assert merge_names(stored, read, NOW) == expected


def test_storing_replaces_the_whole_table(warehouse: Warehouse) -> None:
    store_names(warehouse, [BILLING, AGENT], run_id=f"first-{warehouse.dataset}")
    renamed = [BILLING._replace(name="Rechnungen ✓", deleted=True), AGENT]
    store_names(warehouse, renamed, run_id=f"second-{warehouse.dataset}")
    assert sorted(read_names(warehouse)) == renamed
