"""`resync`, `quarantine retry`, `rebuild queue-performance`."""

from datetime import timedelta

from tests.cli.conftest import Command
from tests.cli.operated import YESTERDAY, operated
from tests.conftest import MakeSettings
from tests.genesys.fakes import FakeGenesys
from tests.property.conversations import call
from tests.property.settings import settings_of


def test_each_repair_mends_and_changes_nothing_else(
    command: Command, genesys: FakeGenesys, embedded_settings: MakeSettings, environment: dict[str, str]
) -> None:
    settings = embedded_settings(**settings_of(genesys.url, start=f"{YESTERDAY:%Y-%m-%d}"))
    source, service = operated(genesys, settings, environment)
    before = service.data()

    planned = command("resync")
    assert planned.exit_code == 0
    assert "Nothing was changed. Add --yes" in planned.stdout
    assert service.state()["watermark"] is not None
    assert command("resync", "--yes").exit_code == 0
    assert service.state()["watermark"] is None
    service.run("extract")
    assert service.state()["watermark"] is not None
    assert service.data() == before

    table = service.warehouse.table("queue_performance")
    service.warehouse.run(f"UPDATE {table} SET offered = offered + 7 WHERE interval_start >= TIMESTAMP '2000-01-01'")
    assert service.data() != before
    assert command("rebuild", "queue-performance").exit_code == 0
    assert service.data() == before

    source.put(call("call-1", YESTERDAY) | {"participants": {}})
    source.put(call("call-2", YESTERDAY) | {"participants": 7})
    service.warehouse.run(f"UPDATE {service.warehouse.table('extraction_state')} SET watermark = NULL WHERE TRUE")
    service.run("extract")
    assert {row["id"] for row in service.rows("extraction_quarantine")} == {"call-1", "call-2"}
    source.put(call("call-1", YESTERDAY + timedelta(minutes=1), talk=9_000))
    retried = command("quarantine", "retry")
    assert (retried.exit_code, retried.stdout) == (0, "1 of 2 left the quarantine, 1 remain.\n")
    assert [row["id"] for row in service.rows("extraction_quarantine")] == ["call-2"]
    assert {row["id"]: row["talk_time"] for row in service.rows("interaction_details")}["call-1"] == 9
