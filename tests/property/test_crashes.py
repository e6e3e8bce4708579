"""A process that dies before any of its effects, again and again, leaves what an undisturbed one leaves."""

from datetime import timedelta
from itertools import count

import pytest

from tests.extraction.organization import Clock, utc
from tests.property.conftest import MakeService
from tests.property.conversations import call
from tests.property.service import Service
from tests.property.source import Source

pytestmark = pytest.mark.long

YESTERDAY, TODAY = utc("2024-03-09T09:00:00"), utc("2024-03-10T07:00:00")


def test_dying_at_every_effect_of_settle_in_turn(source: Source, service: MakeService, clock: Clock) -> None:
    """Each run has something new to do: a change without a moved date, so that none is spared its effects."""
    for number in range(110):
        source.put(call(f"old-{number:03}", YESTERDAY + timedelta(minutes=number)))
    for number in range(3):
        source.put(call(f"today-{number}", TODAY + timedelta(minutes=number), ended=number > 0))
    undisturbed, killed = service(), service()
    for each in (undisturbed, killed):
        each.run_all("extract")
        each.run_all("settle")
    source.delete("old-007")
    deaths = 0
    for effects in range(13):
        source.put(call("today-1", TODAY, talk=1_000 + effects))
        source.put(call("old-003", YESTERDAY, talk=1_000 + effects))
        clock.sleep(3 * 3_600)
        deaths += killed.die("settle", effects)
    assert deaths >= 11, "job, staging, commits, marking, receipt, lease"
    finish(source, clock, undisturbed, killed)


def test_dying_in_a_lookups_run_that_renames(source: Source, service: MakeService, clock: Clock) -> None:
    for number in range(3):
        source.put(call(f"today-{number}", TODAY + timedelta(minutes=number)))
    undisturbed, killed = service(), service()
    for each in (undisturbed, killed):
        each.run("lookups")
        each.run("extract")
    for effects in count():
        source.rename("/api/v2/routing/queues", f"Billing {effects}")
        source.rename("/api/v2/routing/wrapupcodes", f"Resolved {effects}")
        source.rename("/api/v2/routing/skills", f"German {effects}")
        if not killed.die("lookups", effects):
            break
        if effects == 4:
            killed.run("extract")
    assert effects >= 6
    undisturbed.run("lookups")
    assert killed.data() == undisturbed.data()
    assert {row["queue_name"] for row in killed.rows("queue_performance")} == {None, f"Billing {effects}"}
    names = {(row["queue_name"], row["disposition_code"]) for row in killed.rows("interaction_details")}
    assert names == {(f"Billing {effects}", f"Resolved {effects}")}


def finish(source: Source, clock: Clock, undisturbed: Service, killed: Service) -> None:
    """After quiet days both hold the same, and what the source holds."""
    clock.sleep(5 * 3_600)
    for each in (undisturbed, killed):
        each.run_all("lookups")
        each.run_all("extract")
        each.run_all("settle")
    assert killed.data() == undisturbed.data()
    alive = {row["id"] for row in killed.rows("interaction_details") if row["deleted_at"] is None}
    assert alive == source.known().keys()
    for receipt in killed.rows("extraction_runs"):
        parts = ("loaded", "unchanged", "superseded", "quarantined")
        assert receipt["records_processed"] == sum(receipt[part] for part in parts)
