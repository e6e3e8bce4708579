"""`why`, `lag`, `tie-out`: what moved a number, and where Genesys counts otherwise."""

from datetime import timedelta

from backend.forms import rfc3339
from tests.cli.conftest import Command
from tests.cli.operated import YESTERDAY, operated
from tests.conftest import MakeSettings
from tests.genesys.fakes import FakeGenesys, Reply
from tests.property.conversations import call
from tests.property.settings import settings_of
from tests.property.source import AGGREGATES


def test_a_number_that_moved_is_explained(
    command: Command, genesys: FakeGenesys, embedded_settings: MakeSettings, environment: dict[str, str]
) -> None:
    settings = embedded_settings(**settings_of(genesys.url, start=f"{YESTERDAY:%Y-%m-%d}"))
    source, service = operated(genesys, settings, environment)
    assert "No correction" in command("lag").stdout
    source.put(call("call-1", YESTERDAY + timedelta(minutes=1), talk=75_500))
    service.warehouse.run(f"UPDATE {service.warehouse.table('extraction_state')} SET watermark = NULL WHERE TRUE")
    service.run("extract")
    day = f"{YESTERDAY:%Y-%m-%d}"

    told = command("why", "--date", day, "--queue", "Billing")
    line, total = told.stdout.splitlines()
    assert total == f"1 revisions of conversations begun on {day} of queue Billing."
    assert "rebuilt" in line
    assert "call-1" in line
    assert "talk_time: 60 -> 75.5" in line
    assert command("why", "--date", day, "--queue", "Support").stdout.startswith("0 revisions")

    lag = command("lag").stdout
    assert lag.startswith("p50 ")
    assert "EXTRACT_LOOKBACK_MINUTES=" in lag

    source.put(call("call-3", YESTERDAY + timedelta(minutes=3)))
    source.fake.on(AGGREGATES, _offered(4))
    compared = command("tie-out", "--date", day)
    assert compared.exit_code == 1
    assert "nOffered count: Genesys 4, ours 3; missing here: call-3; ours: call-0, call-1, call-2\n" in compared.stdout


def _offered(count: int) -> Reply:
    end = YESTERDAY + timedelta(minutes=30)
    slot = {
        "interval": f"{rfc3339(YESTERDAY)}/{rfc3339(end)}",
        "metrics": [{"metric": "nOffered", "stats": {"count": count}}],
    }
    return Reply({"results": [{"group": {"queueId": "q1", "mediaType": "voice"}, "data": [slot]}]})
