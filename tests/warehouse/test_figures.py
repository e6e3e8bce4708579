from datetime import timedelta

from backend.catalog import Dataset
from backend.warehouse.client import Warehouse
from backend.warehouse.commit import Quarantined
from backend.warehouse.figures import Figures, read_figures
from tests.extraction.records import START
from tests.warehouse.contents import flats, put


def test_open_conversations_and_distinct_records_in_quarantine(warehouse: Warehouse, dataset: Dataset) -> None:
    records = [*flats("closed"), *flats("open", "other", end=None), *flats("old", start=-3_000, end=None)]
    bad, unreadable = Quarantined("bad", "why"), Quarantined(None, "why")
    put(warehouse, dataset, "first", records, quarantined=(bad, unreadable))
    put(warehouse, dataset, "second", [], quarantined=(bad,))
    assert read_figures(warehouse, dataset, START) == Figures(open_conversations=2, quarantined=2)
    assert read_figures(warehouse, dataset, START - timedelta(days=9)) == Figures(open_conversations=3, quarantined=2)
