"""Things renamed in Genesys: stored rows follow, and no conversation counts as revised."""

from datetime import timedelta

from backend.extraction.lookups import known_names
from backend.warehouse.names import read_names
from tests.extraction.organization import Clock, utc
from tests.genesys.fakes import Reply
from tests.property.conftest import MakeService
from tests.property.conversations import call
from tests.property.source import Source

NAMES = "queue_name, first_queue_name, agent_name, team_name, disposition_code"
RENAMED = {
    "/api/v2/routing/queues": "Invoices",
    "/api/v2/users": "Agent 015",
    "/api/v2/teams": "Team 4",
    "/api/v2/routing/wrapupcodes": "Solved",
}


def test_rows_follow_their_names_without_a_revision(source: Source, service: MakeService, clock: Clock) -> None:
    source.put(call("c1", utc("2024-03-09T09:00:00")))
    pipeline = service()
    pipeline.run("extract")
    (before,) = pipeline.rows("interaction_details")
    assert [before[name] for name in NAMES.split(", ")] == ["Billing", "Billing", "Agent 014", "Team 3", "Resolved"]

    for path, name in RENAMED.items():
        source.rename(path, name)
    pipeline.run("lookups")

    (after,) = pipeline.rows("interaction_details")
    assert [after[name] for name in NAMES.split(", ")] == ["Invoices", "Invoices", "Agent 015", "Team 4", "Solved"]
    assert {name for name in after if after[name] != before[name]} == set(NAMES.split(", "))
    assert {row["queue_name"] for row in pipeline.rows("queue_performance")} == {"Invoices", None}
    clock.sleep(900)
    answer = pipeline.run("extract")
    assert pipeline.rows("interaction_details") == [after]
    assert (answer.records_processed, pipeline.rows("extraction_revisions")) == (0, [])


def test_a_forbidden_lookup_keeps_stored_names_and_is_an_alert(source: Source, service: MakeService) -> None:
    path = "/api/v2/teams"
    source.put(call("c1", utc("2024-03-09T09:00:00") + timedelta(minutes=1)))
    pipeline = service()
    pipeline.run("extract")
    (before,) = pipeline.rows("interaction_details", NAMES)
    working = source.fake.routes[path]
    source.fake.on(path, Reply({"code": "missing.permissions", "message": "not allowed"}, 403))
    pipeline.run("lookups")
    assert pipeline.rows("interaction_details", NAMES) == [before]
    (alert,) = pipeline.rows("extraction_alerts")
    assert (alert["code"], alert["resolved_at"]) == ("lookup_forbidden", None)
    source.fake.routes[path] = working
    pipeline.run("lookups")
    (alert,) = pipeline.rows("extraction_alerts")
    assert alert["resolved_at"] is not None


def test_who_left_a_location_has_none_and_who_left_the_company_keeps_it(source: Source, service: MakeService) -> None:
    users = "/api/v2/users"
    (agent,) = source.names[users]
    pipeline = service()
    places = []
    for listed in ([agent], [], [agent | {"locations": []}]):
        source.names[users] = listed
        pipeline.run("lookups")
        places.append(known_names(read_names(pipeline.warehouse)).locations.get("u1"))
    assert places == ["Leipzig", "Leipzig", None]
