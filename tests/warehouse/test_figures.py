from datetime import UTC, datetime, timedelta

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse
from backend.warehouse.commit_script import Quarantined
from backend.warehouse.figures import read_figures
from tests.warehouse.contents import Writer
from tests.warehouse.history import DAY, EIGHT, History


def test_conversations_that_are_open_and_not_gone(warehouse: Warehouse, dataset: Dataset, history: History) -> None:
    since = (EIGHT - timedelta(days=2), DAY, DAY + timedelta(days=1))
    older, day, later = (read_figures(warehouse, dataset, moment).open_conversations for moment in since)
    assert (older - day, day - later) == (1, 1)


def test_distinct_records_in_quarantine(warehouse: Warehouse, dataset: Dataset) -> None:
    now = datetime.now(UTC)
    before = read_figures(warehouse, dataset, now - timedelta(hours=1)).quarantined
    with Writer(warehouse, "figures") as writer:
        writer.put(quarantined=(Quarantined("unreadable 1", "why"), Quarantined(None, "why")))
    assert read_figures(warehouse, dataset, now - timedelta(hours=1)).quarantined == before + 2
    assert read_figures(warehouse, dataset, now + timedelta(hours=1)).quarantined == 0
