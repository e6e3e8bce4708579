"""Whole runs: the real client against a small organisation, into the embedded BigQuery."""

from datetime import timedelta
from itertools import count

import pytest

from backend.errors import GenesysAuthError, GenesysInvalidResponseError
from backend.extraction.runs import RunFailedError
from backend.warehouse.lease import Lease
from tests.extraction.conftest import MakeOperator
from tests.extraction.organization import QUERY, Clock, Organization, utc
from tests.extraction.records import Json, acd, agent, conversation, metric, participant, segment
from tests.genesys.fakes import Reply

DAY = 24 * 60.0
COUNTS = ("records_processed", "loaded", "unchanged", "superseded", "quarantined")


def call(identity: str, start: float, **values: object) -> Json:
    """An answered call, `start` minutes after 2024-03-10T08:00Z."""
    wrap_up = segment(start + 5, segmentType="wrapup", wrapUpCode="w1")
    return conversation(
        participant("customer", segments=[segment(start)]),
        acd("q1", metric("tAcd", 11_179, start), start=start),
        agent("u1", metric("tTalk", 60_000, start + 4), segments=[segment(start + 1), wrap_up], teamId="t1"),
        identity=identity,
        start=start,
        end=start + 6,
        **values,
    )


TODAY = [call(f"today-{i}", i * 10) for i in range(5)]
EARLIER = [call(f"earlier-{i}", -DAY * i) for i in range(1, 4)]


def identities(records: list[Json]) -> list[tuple[str]]:
    return sorted((record["conversationId"],) for record in records)


def test_a_run_stores_one_row_a_conversation_and_the_next_changes_nothing(
    organization: Organization, operator: MakeOperator, clock: Clock
) -> None:
    organization.records = EARLIER + TODAY
    service = operator()
    first = service.extract()
    assert (first.status, first.records_processed, first.more) == ("ok", 8, False)
    assert first.watermark == organization.windows()[-1][1]
    assert timedelta(seconds=60) <= clock.now - first.watermark < timedelta(seconds=61)
    assert service.rows("id") == identities(organization.records)
    named = service.one("interaction_details", "id = 'today-0'")
    assert (named["queue_name"], named["agent_name"], named["team_name"]) == ("Billing", "Agent 014", "Team 3")
    assert (named["location_name"], named["disposition_code"]) == ("Leipzig", "Resolved")
    assert organization.windows()[0][0] == utc("2024-03-03T00:00:00"), "a week before the first run"

    stored = service.rows("*")
    clock.sleep(900)
    second = service.extract()
    assert (second.status, second.records_processed) == ("ok", 0)
    assert service.rows("*") == stored
    receipt = service.one("extraction_runs", f"run_id = '{second.run_id}'")
    assert tuple(receipt[name] for name in COUNTS) == (0, 0, 0, 0, 0)
    assert service.one("extraction_state")["data_version"] == 1
    assert organization.windows()[-1] == (first.watermark - timedelta(minutes=180), second.watermark)


def test_what_changed_within_the_look_back_replaces_its_row(
    organization: Organization, operator: MakeOperator, clock: Clock
) -> None:
    organization.records = [call("ended", 170), call("open", 200, conversationEnd=None), call("rebuilt", 180)]
    service = operator(extract_start="2024-03-10")
    service.extract()
    clock.sleep(900)
    organization.records = [
        call("ended", 170),
        call("open", 200),
        call("rebuilt", 180, originatingDirection="outbound"),
    ]
    again = service.extract()
    receipt = service.one("extraction_runs", f"run_id = '{again.run_id}'")
    assert tuple(receipt[name] for name in COUNTS) == (3, 2, 1, 0, 0)
    assert service.rows("id", "outcome", "direction") == [
        ("ended", "answered", "inbound"),
        ("open", "answered", "inbound"),
        ("rebuilt", "answered", "outbound"),
    ]


def test_a_window_with_too_many_hits_is_read_in_halves(organization: Organization, operator: MakeOperator) -> None:
    organization.records = TODAY
    organization.hits = lambda length, true: 20_000 if length > timedelta(hours=4) else true
    service = operator(extract_start="2024-03-10")
    answer = service.extract()
    assert answer.records_processed == 5
    assert service.rows("id") == identities(TODAY)
    read = sorted(window for window in organization.windows() if window[1] - window[0] <= timedelta(hours=4))
    assert (read[0][0], read[-1][1]) == (utc("2024-03-10T00:00:00"), answer.watermark)
    assert [before[1] for before in read[:-1]] == [after[0] for after in read[1:]]


def test_a_conversation_on_several_pages_and_windows_counts_once(
    organization: Organization, operator: MakeOperator
) -> None:
    stale = call("today-1", 10, conversationEnd=None)
    organization.records = [*TODAY[:1], stale, *TODAY]
    organization.strays = [call("stray", -DAY), stale]
    organization.page_size = 3
    service = operator(extract_start="2024-03-09")
    assert service.extract().records_processed == 6
    assert service.rows("id") == identities([*TODAY, organization.strays[0]])
    assert service.one("interaction_details", "id = 'today-1'")["outcome"] == "answered"


def test_a_malformed_record_goes_to_quarantine_and_the_rest_loads(
    organization: Organization, operator: MakeOperator
) -> None:
    broken = TODAY[0] | {"conversationId": "broken", "participants": {}}
    huge = conversation(acd("q1", metric("tAcd", 2**63)), identity="huge", start=3)
    nameless = {name: value for name, value in TODAY[0].items() if name != "conversationId"}
    organization.records = [broken, *TODAY, huge, nameless]
    service = operator(extract_start="2024-03-10")
    answer = service.extract()
    assert (answer.status, answer.records_processed) == ("ok", 8)
    assert service.rows("id") == identities(TODAY)
    receipt = service.one("extraction_runs")
    assert tuple(receipt[name] for name in COUNTS) == (8, 5, 0, 0, 3)
    assert "$.participants" in service.one("extraction_quarantine", "id = 'broken'")["reason"]
    assert "metrics[0].value" in service.one("extraction_quarantine", "id = 'huge'")["reason"]
    assert "conversationId" in service.one("extraction_quarantine", "id IS NULL")["reason"]


def test_an_undisturbed_and_an_often_killed_service_store_the_same(
    organization: Organization, operator: MakeOperator, clock: Clock
) -> None:
    organization.records = EARLIER[:1] + TODAY
    undisturbed = operator(extract_start="2024-03-09")
    undisturbed.extract()
    killed = operator(extract_start="2024-03-09")
    deaths = 0
    for steps in count(1):
        clock.sleep(1)
        if not killed.die_after(steps, f"run-{steps}"):
            break
        deaths += 1
    assert deaths >= 6, "first start, lookups, pages, staging, commit"
    clock.sleep(1)
    assert killed.extract().status == "ok"
    assert killed.rows() == undisturbed.rows()
    assert killed.one("extraction_state")["data_version"] == 1
    loaded = killed.warehouse.run(
        f"SELECT SUM(loaded) AS loaded, COUNTIF(status = 'running') AS running "
        f"FROM {killed.warehouse.table('extraction_runs')}"
    )
    assert [tuple(row.values()) for row in loaded] == [(6, 0)]


def test_a_run_out_of_time_says_more_and_the_next_goes_on(
    organization: Organization, operator: MakeOperator, clock: Clock
) -> None:
    organization.records = sorted(EARLIER + TODAY, key=lambda record: str(record["conversationStart"]))
    organization.page_size = 100
    organization.seconds = 25
    service = operator(extract_start="2024-03-06", run_deadline_seconds=120, extract_lookback_minutes=0)
    first = service.extract()
    assert (first.status, first.more) == ("ok", True)
    assert (first.watermark, first.records_processed) == (utc("2024-03-10T00:00:00"), 3)
    clock.sleep(60)
    second = service.extract()
    assert (second.status, second.more) == ("ok", False)
    assert (organization.windows()[-1][0], second.records_processed) == (first.watermark, 5)
    assert service.rows("id") == identities(organization.records)


def test_a_window_too_slow_for_one_run_is_read_in_parts(
    organization: Organization, operator: MakeOperator, clock: Clock
) -> None:
    organization.records = [call(f"call-{n}", n * 30) for n in range(8)]
    organization.seconds = 8
    service = operator(extract_start="2024-03-10", run_deadline_seconds=60, extract_lookback_minutes=0)
    answers = [service.extract()]
    while answers[-1].more and len(answers) < 20:
        clock.sleep(60)
        answers.append(service.extract())
    assert not answers[-1].more
    assert len(answers) > 1
    marks = [answer.watermark for answer in answers]
    assert None not in marks
    assert len(set(marks)) == len(marks), "each run gets on"
    assert service.rows("id") == identities(organization.records)


def test_a_lookup_that_is_forbidden_leaves_ids_and_is_noted(organization: Organization, operator: MakeOperator) -> None:
    organization.records = TODAY[:1]
    organization.forbid("/api/v2/routing/queues")
    service = operator(extract_start="2024-03-10")
    assert service.extract().status == "ok"
    assert service.rows("queue_name", "agent_name") == [("q1", "Agent 014")]
    assert "routing:queue:view" in service.one("extraction_runs")["forbidden_lookups"]


def test_a_run_that_finds_the_lease_held_is_skipped(organization: Organization, operator: MakeOperator) -> None:
    service = operator(extract_start="2024-03-10")
    first = service.extract()
    held = Lease.acquire(service.warehouse, "another", seconds=60, clock=lambda: 0.0)
    assert held is not None
    asked = len(organization.fake.received)
    answer = service.extract()
    assert (answer.status, answer.records_processed, answer.more) == ("skipped", 0, False)
    assert answer.watermark == first.watermark
    assert len(organization.fake.received) == asked


@pytest.mark.parametrize(
    ("path", "reply", "error"),
    [
        pytest.param("/oauth/token", Reply({"error": "invalid_client"}, 401), GenesysAuthError, id="client refused"),
        pytest.param(QUERY, Reply({"conversations": 5}), GenesysInvalidResponseError, id="another form"),
    ],
)
def test_a_failed_run_stores_nothing_and_the_next_catches_up(
    organization: Organization, operator: MakeOperator, path: str, reply: Reply, error: type[Exception], clock: Clock
) -> None:
    organization.records = TODAY
    service = operator(extract_start="2024-03-10")
    working = organization.fake.routes[path]
    organization.fake.on(path, reply)
    with pytest.raises(RunFailedError) as failed:
        service.extract()
    assert type(failed.value.error) is error
    receipt = service.one("extraction_runs")
    assert (receipt["run_id"], receipt["status"]) == (failed.value.run_id, "failed")
    assert receipt["error_code"] == failed.value.error.code
    assert service.rows("id") == []
    state = service.one("extraction_state")
    assert (state["lease_holder"], state["watermark"], state["data_version"]) == (None, None, 0)
    organization.fake.routes[path] = working
    clock.sleep(900)
    assert service.extract().records_processed == 5
    assert service.rows("id") == identities(TODAY)
