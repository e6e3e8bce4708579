"""Metrics as SQL: milliseconds become seconds exactly, however many they are."""

from decimal import Decimal

import pytest

from backend.catalog import load_catalog
from backend.serving.metrics import metric_sql
from backend.warehouse.client import Warehouse
from tests.conftest import MakeSettings

HANDLE_TIME = load_catalog()["queue_performance"].metric("handle_time_sec")


@pytest.mark.parametrize("detail", ["aggregated", "interaction"])
def test_seconds_are_exact(embedded_settings: MakeSettings, detail: str) -> None:
    values = [0, 1, 999, 8_948_421_359, 8_580_170_822, 793_247_960_289, 443_494_035_694_023, 2**62 - 1]
    expression = metric_sql(HANDLE_TIME, detail, frozenset())  # type: ignore[arg-type]
    grouping = "GROUP BY t.handle_time" if detail == "aggregated" else ""
    rows = Warehouse(embedded_settings()).run(
        f"SELECT t.handle_time, {expression} AS seconds "
        f"FROM (SELECT value AS handle_time FROM UNNEST({values}) AS value) AS t {grouping}"
    )
    assert {row["handle_time"]: row["seconds"] for row in rows} == {value: Decimal(value) / 1000 for value in values}
