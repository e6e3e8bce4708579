"""Conversations that vanish from Genesys: marked by the settled path, unless too many vanish at once."""

from datetime import timedelta

from backend.warehouse.alert_log import raised_alerts
from tests.extraction.organization import Clock, utc
from tests.property.conftest import MakeService
from tests.property.conversations import call
from tests.property.service import Service
from tests.property.source import Source

DAY = utc("2024-03-08T09:00:00")
CALLS = 101


def alerts(pipeline: Service) -> set[str]:
    return {alert.code for alert in raised_alerts(pipeline.warehouse)}


def deleted(pipeline: Service) -> set[str]:
    return {row["id"] for row in pipeline.rows("interaction_details", "id, deleted_at") if row["deleted_at"]}


def test_a_few_are_marked_and_may_come_back_and_many_are_withheld_and_told(
    source: Source, service: MakeService, clock: Clock
) -> None:
    records = {f"c{number}": call(f"c{number}", DAY + timedelta(minutes=number)) for number in range(CALLS)}
    next_day = {f"d{number}": call(f"d{number}", DAY + timedelta(days=1, minutes=number)) for number in range(CALLS)}
    for record in (records | next_day).values():
        source.put(record)
    pipeline = service()
    pipeline.run("extract")
    pipeline.run_all("settle")

    source.delete("c7")
    clock.sleep(7_200)
    pipeline.run_all("settle")
    assert deleted(pipeline) == {"c7"}
    offered = pipeline.rows("queue_performance", "SUM(offered) AS offered")[0]["offered"]
    assert offered == 2 * CALLS - 1

    source.put(records["c7"])
    for number in range(20):
        source.delete(f"d{number}")
    source.delete("c8")
    clock.sleep(7_200)
    pipeline.run_all("settle")
    assert deleted(pipeline) == set(), "c7 is back, and one division less on one day casts doubt on the other"
    assert alerts(pipeline) == {"deletions_withheld"}
    assert pipeline.rows("extraction_runs", "MAX(withheld_deletions) AS most")[0]["most"] >= 3
