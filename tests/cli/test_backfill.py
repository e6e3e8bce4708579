"""`backfill`: the plan first, then a day a run."""

from datetime import timedelta

import pytest

from tests.cli.conftest import Command
from tests.cli.operated import YESTERDAY, operated
from tests.conftest import MakeSettings
from tests.genesys.fakes import FakeGenesys
from tests.property.conversations import call
from tests.property.settings import settings_of

TODAY = YESTERDAY + timedelta(days=1)


def test_a_plan_reads_nothing_and_yes_loads_what_is_missing(
    command: Command, genesys: FakeGenesys, embedded_settings: MakeSettings, environment: dict[str, str]
) -> None:
    settings = embedded_settings(**settings_of(genesys.url, start=f"{YESTERDAY:%Y-%m-%d}"))
    source, service = operated(genesys, settings, environment)
    source.put(call("older", YESTERDAY - timedelta(days=1)))
    days = ("--from", f"{YESTERDAY - timedelta(days=1):%Y-%m-%d}", "--to", f"{TODAY:%Y-%m-%d}")
    before = service.data()

    planned = command("backfill", *days)
    assert planned.exit_code == 0
    assert planned.stdout.startswith("2 days (")
    assert "2 windows, about 4 conversations" in planned.stdout
    assert "Add --yes" in planned.stdout
    assert service.data() == before

    watermark = service.state()["watermark"]
    done = command("backfill", *days, "--yes")
    assert done.exit_code == 0, done.output
    assert {row["id"] for row in service.rows("interaction_details")} == source.known().keys()
    assert service.state()["watermark"] >= watermark

    after = service.data()
    assert command("backfill", *days, "--yes").exit_code == 0
    assert service.data() == after, "the same days again change nothing"


@pytest.mark.parametrize(
    ("first", "end", "said"),
    [
        pytest.param("2024-03-10", "2024-03-10", "must be before --to 2024-03-10, which is exclusive", id="no day"),
        pytest.param("2024-03-11", "2024-03-10", "must be before", id="inverted"),
        pytest.param("2999-01-01", "2999-01-02", "lies in the future", id="future"),
        pytest.param("2024-02-30", "2024-03-10", "does not match", id="no such day"),
    ],
)
def test_bad_dates(command: Command, first: str, end: str, said: str) -> None:
    refused = command("backfill", "--from", first, "--to", end, "--yes")
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())
