"""`doctor`: one line a check, and what to do where one fails."""

import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from flask import Flask

from backend.cli.examination import Check
from sandbox.genesys import Client, Fault, World, create_app
from tests.cli.conftest import SECRET, Command, served
from tests.conftest import MakeSettings
from tests.genesys.fakes import FakeGenesys, Reply

CHECKS = [
    "settings",
    "Genesys token",
    "clock",
    "Genesys rate limit",
    "Genesys conversation details",
    "Genesys detail jobs",
    "Genesys aggregates",
    "Genesys queues",
    "Genesys users",
    "Genesys skills",
    "Genesys wrap-up codes",
    "Genesys teams",
    "Genesys locations",
    "BigQuery tables",
    "BigQuery query",
    "BigQuery load",
    "BigQuery Storage Read",
]
DETAILS = "/api/v2/analytics/conversations/details/query"


def simulator(*faults: Fault) -> Flask:
    world = World(7, int(time.time() * 1_000), conversations=200, days=1)
    return create_app(world, limit_per_minute=5_000, client=Client("the-client", SECRET), faults=faults)


@pytest.fixture
def genesys_faults() -> list[Fault]:
    return []


@pytest.fixture
def app(environment: dict[str, str], genesys_faults: list[Fault]) -> Iterator[Flask]:
    """A simulator that the environment points to."""
    app = simulator(*genesys_faults)
    with served(app) as url:
        environment |= {"GENESYS_API_URL": url, "GENESYS_LOGIN_URL": url, "GENESYS_REQUESTS_PER_MINUTE": "5000"}
        yield app


@pytest.fixture
def _no_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    """For checks of Genesys alone."""
    monkeypatch.setattr("backend.cli.doctor.warehouse_checks", lambda *_: [Check("BigQuery", lambda: "left out")])


def lines(output: str) -> dict[str, tuple[str, str]]:
    """Verdict and text by the check's name."""
    split = (line.split(maxsplit=1) for line in output.splitlines())
    return {rest.partition(": ")[0]: (verdict, rest.partition(": ")[2]) for verdict, rest in split}


@pytest.mark.parametrize("storage", [True, False], ids=["storage", "REST only"])
def test_all_is_well(
    command: Command, app: Flask, environment: dict[str, str], embedded_settings: MakeSettings, storage: bool
) -> None:
    settings = embedded_settings()
    environment["BIGQUERY_EMULATOR_HOST"] = str(settings.bigquery_emulator_host)
    environment["BIGQUERY_PROJECT"] = settings.bigquery_project
    if storage:
        environment["BIGQUERY_STORAGE_EMULATOR_HOST"] = str(settings.bigquery_storage_emulator_host)

    done = command("doctor")

    found = lines(done.stdout)
    assert list(found) == CHECKS
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert done.exit_code == 0
    assert found["Genesys rate limit"][1] == "GENESYS_REQUESTS_PER_MINUTE is 5000, Genesys allows 5000"
    assert ("results are read by REST" in found["BigQuery Storage Read"][1]) is not storage


def test_a_missing_setting_is_all_there_is_to_say(command: Command, environment: dict[str, str]) -> None:
    del environment["TASKS_KEY"]

    done = command("doctor")

    assert (done.exit_code, done.stdout) == (1, "MEND  settings: TASKS_KEY is missing\n")


@pytest.mark.usefixtures("app", "_no_warehouse")
def test_a_refused_client_leaves_the_rest_unchecked(command: Command, environment: dict[str, str]) -> None:
    environment["GENESYS_CLIENT_SECRET"] = "an-old-secret"

    done = command("doctor")

    found = lines(done.stdout)
    assert done.exit_code == 1
    assert found["Genesys token"][0] == "MEND"
    assert "GENESYS_CLIENT_SECRET" in found["Genesys token"][1]
    assert found["Genesys queues"] == ("MEND", "not checked: mend Genesys token first")
    assert "an-old-secret" not in done.output


@pytest.mark.usefixtures("app", "_no_warehouse")
@pytest.mark.parametrize(
    ("genesys_faults", "name", "said"),
    [
        pytest.param(
            [Fault("forbidden", path=DETAILS, times=0)],
            "Genesys conversation details",
            "analytics:conversationDetail:view",
            id="details",
        ),
        pytest.param(
            [Fault("forbidden", path="/api/v2/routing/skills", times=0, permission="routing:skill:view")],
            "Genesys skills",
            "routing:skill:view",
            id="a lookup",
        ),
        pytest.param(
            [Fault("forbidden", path="/api/v2/analytics/conversations/aggregates", times=0, permission="a:b:view")],
            "Genesys aggregates",
            "analytics:conversationAggregate:view",
            id="aggregates",
        ),
    ],
)
def test_a_missing_permission_is_named_and_the_rest_checked(command: Command, name: str, said: str) -> None:
    done = command("doctor")

    found = lines(done.stdout)
    assert done.exit_code == 1
    assert [check for check, (verdict, _) in found.items() if verdict != "ok"] == [name]
    assert said in found[name][1]


@pytest.mark.usefixtures("app", "_no_warehouse")
def test_a_rate_above_what_genesys_allows(command: Command, environment: dict[str, str]) -> None:
    environment["GENESYS_REQUESTS_PER_MINUTE"] = "5001"

    found = lines(command("doctor").stdout)

    assert found["Genesys rate limit"] == (
        "MEND",
        "GENESYS_REQUESTS_PER_MINUTE is 5001, but Genesys allows 5000: lower it",
    )


@pytest.mark.usefixtures("_no_warehouse")
@pytest.mark.parametrize(("ahead", "said"), [(600, "s ahead of Genesys"), (-600, "s behind Genesys")])
def test_a_clock_that_is_wrong(
    command: Command, environment: dict[str, str], genesys: FakeGenesys, ahead: int, said: str
) -> None:
    environment |= {"GENESYS_API_URL": genesys.url, "GENESYS_LOGIN_URL": genesys.url}
    environment["GENESYS_REQUESTS_PER_MINUTE"] = "5000"
    genesys.on("/api/v2/tokens/me", Reply({}, headers={"Date": formatdate(time.time() - ahead, usegmt=True)}))

    found = lines(command("doctor").stdout)

    assert found["clock"][0] == "MEND"
    assert said in found["clock"][1]


def test_a_warehouse_out_of_reach(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.cli.doctor.genesys_checks", lambda *_: [Check("Genesys", lambda: "left out")])
    monkeypatch.setattr("backend.warehouse.tables.RETRY", None)

    found = lines(command("doctor").stdout)

    assert found["BigQuery tables"][0] == "MEND"
    assert "BigQuery Data Editor" in found["BigQuery tables"][1]
    assert found["BigQuery load"] == ("MEND", "not checked: mend BigQuery tables first")
