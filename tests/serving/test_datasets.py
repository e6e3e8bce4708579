"""The datasets beside single interactions: their rows, their clock, and what they ignore."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from google.cloud import bigquery

import backend
from backend.catalog import Metric, Ratio, load_catalog
from backend.serving.time_check import known_instants
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from sandbox.genesys import DEFAULT_CLIENT, World
from sandbox.genesys import create_app as create_simulator
from sandbox.looker.field_types import SEMANTIC_TYPES
from tests.conftest import API_KEY, MakeSettings
from tests.serving.conftest import looker_studio

CATALOG = load_catalog()
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
FIRST = datetime(2026, 3, 7, tzinfo=UTC)
SETTLED = datetime(2026, 3, 8, tzinfo=UTC)
PERIOD = {"startDate": "2026-03-07", "endDate": "2026-03-09"}
SWITCHES = ("includeFlowOuts", "includeShortAbandons", "includeAbandons")

# The served count or time, and the metric and statistic of Genesys that it must equal.
COUNTS = {
    "offered": "nOffered",
    "answered": "tAnswered",
    "answered_over_target": "nOverSla",
    "abandoned": "tAbandon",
    "short_abandoned": "tShortAbandon",
    "flow_out": "tFlowOut",
    "handled": "tHandle",
    "transferred": "nTransferred",
}
TIMES = {
    "answer_time": "tAnswered",
    "wait_time": "tAcd",
    "abandon_time": "tAbandon",
    "talk_time": "tTalkComplete",
    "hold_time": "tHeldComplete",
    "after_call_work_time": "tAcw",
    "handle_time": "tHandle",
}

type Stats = dict[str, dict[str, float]]


class Genesys:
    """The aggregates query of a simulated organization that stands still."""

    def __init__(self) -> None:
        now = int(NOW.timestamp() * 1000)
        app = create_simulator(World(11, now, 400, 2), clock=lambda: now, limit_per_minute=100_000)
        self._client = app.test_client()
        answer = self._client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(DEFAULT_CLIENT.id, DEFAULT_CLIENT.secret),
        )
        self._token = answer.get_json()["access_token"]

    def totals(self, granularity: str, *groups: str) -> Iterator[tuple[dict[str, str], datetime, Stats]]:
        body = {
            "interval": f"{FIRST:%Y-%m-%dT%H:%M:%SZ}/{FIRST + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}",
            "granularity": granularity,
            "groupBy": list(groups),
            "metrics": sorted({*COUNTS.values(), *TIMES.values()}),
        }
        answer = self._client.post(
            "/api/v2/analytics/conversations/aggregates/query",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
        )
        assert answer.status_code == 200, answer.text
        for result in answer.get_json()["results"]:
            for slot in result["data"]:
                start = datetime.fromisoformat(slot["interval"].split("/")[0])
                yield result["group"], start, {metric["metric"]: metric["stats"] for metric in slot["metrics"]}


@pytest.fixture(scope="module")
def genesys() -> Genesys:
    return Genesys()


class Asker:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    def __call__(self, dataset: str, *names: str, period: Any = PERIOD, **params: str) -> list[list[Any]]:
        rows: list[list[Any]] = self.answer(dataset, *names, period=period, **params)["rows"]
        return rows

    def answer(self, dataset: str, *names: str, period: Any = PERIOD, **params: str) -> dict[str, Any]:
        answer = self._client.post(
            "/v1/data",
            json={
                "configParams": {"dataset": dataset, **params},
                "dateRange": period,
                "fields": [{"name": name} for name in names],
            },
            headers={"Authorization": f"Bearer {API_KEY}"},
        )
        assert answer.status_code == 200, answer.text
        shape: dict[str, Any] = answer.get_json()
        return shape | {"rows": [row["values"] for row in shape["rows"]]}


@pytest.fixture(scope="module")
def ask(embedded_settings: MakeSettings, genesys: Genesys) -> Asker:
    settings = embedded_settings()
    warehouse = Warehouse(settings)
    create_missing_tables(warehouse, CATALOG)
    halves = [
        {
            "interval_start": start.isoformat(),
            "queue_id": group.get("queueId"),
            "queue_name": group.get("queueId"),
            "channel": group["mediaType"],
            "direction": group["direction"],
            **{name: int(stats.get(metric, {}).get("count", 0)) for name, metric in COUNTS.items()},
            **{name: int(stats.get(metric, {}).get("sum", 0)) for name, metric in TIMES.items()},
        }
        for group, start, stats in genesys.totals("PT30M", "queueId", "mediaType", "direction")
    ]
    _load(warehouse, "queue_performance", halves)
    _load(warehouse, "extraction_runs", _runs())
    table = warehouse.table("extraction_state")
    parameters = [bigquery.ScalarQueryParameter("moment", "TIMESTAMP", SETTLED)]
    warehouse.run(f"UPDATE {table} SET settled_through = @moment WHERE id = 'extraction'", parameters)
    return Asker(backend.create_app(settings))


def _load(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    table = warehouse.client.get_table(warehouse.reference(name))
    config = bigquery.LoadJobConfig(schema=table.schema)
    warehouse.client.load_table_from_json(rows, table.reference, job_config=config).result()


def _runs() -> list[dict[str, Any]]:
    def run(number: int, age: timedelta, seconds: int | None, **more: Any) -> dict[str, Any]:
        started = datetime.now(UTC).replace(microsecond=0) - age
        finished = None if seconds is None else (started + timedelta(seconds=seconds)).isoformat()
        counts = {"loaded": 5, "unchanged": 3, "superseded": 1, "quarantined": 1, "records_processed": 10}
        base = {"run_id": f"run-{number}", "task": "extract", "status": "ok", "genesys_requests": 4, "more": False}
        return base | counts | {"started_at": started.isoformat(), "finished_at": finished} | more

    hour = timedelta(hours=1)
    watermark = (datetime.now(UTC).replace(microsecond=0) - hour - timedelta(seconds=50)).isoformat()
    return [
        run(1, hour, 10, watermark=watermark),
        run(2, 2 * hour, 20, status="failed", error_code="genesys_auth", loaded=4),
        run(3, timedelta(days=300), None, status="running", more=True),
        run(4, timedelta(days=500), 10),
    ]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _sums(genesys: Genesys, granularity: str, *groups: str) -> dict[tuple[str | None, ...], dict[str, Decimal]]:
    """What Genesys says by group and day, in the names and units that are served."""
    sums: dict[tuple[str | None, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for group, start, stats in genesys.totals(granularity, *groups):
        into = sums[f"{start:%Y%m%d}", *(group.get(name) for name in groups)]
        for name, metric in COUNTS.items():
            into[name] += int(stats.get(metric, {}).get("count", 0))
        for name, metric in TIMES.items():
            into[f"{name}_sec"] += Decimal(int(stats.get(metric, {}).get("sum", 0))) / 1000
    return sums


def test_each_number_is_that_of_genesyss_own_query(ask: Asker, genesys: Genesys) -> None:
    metrics = [*COUNTS, *(f"{name}_sec" for name in TIMES)]
    rows = ask("queue_performance", "interval_day_utc", "queue_name", "channel", *metrics)
    served = {(row[0], row[1], row[2].lower()): [_number(cell) for cell in row[3:]] for row in rows}
    expected = _sums(genesys, "P1D", "queueId", "mediaType")
    assert len(expected) > 10
    assert sum(figures["offered"] for figures in expected.values()) > 50
    assert served == {key: [figures[name] for name in metrics] for key, figures in expected.items()}


@pytest.mark.parametrize("switches", [(), SWITCHES[:1], SWITCHES[1:2], SWITCHES[2:], SWITCHES[:2], SWITCHES])
def test_service_level_follows_the_official_formula(ask: Asker, genesys: Genesys, switches: tuple[str, ...]) -> None:
    ticked = dict.fromkeys(switches, "true")
    names = ("service_level_met", "service_level_base", "service_level")
    rows = ask("queue_performance", "interval_day_utc", *names, **ticked)
    days = _sums(genesys, "P1D")
    assert len(rows) == len(days)
    for day, met, base, level in rows:
        figures = days[(day,)]
        expected = figures["answered"] + figures["abandoned"]
        expected += figures["flow_out"] if "includeFlowOuts" in switches else 0
        expected -= 0 if "includeShortAbandons" in switches else figures["short_abandoned"]
        expected -= 0 if "includeAbandons" in switches else figures["abandoned"]
        assert Decimal(base) == expected
        assert Decimal(met) == figures["answered"] - figures["answered_over_target"]
        assert float(level) == float(met) / float(base)


@pytest.mark.parametrize(
    ("dimensions", "groups"),
    [([], []), (["channel"], ["mediaType"]), (["queue_name", "channel"], ["queueId", "mediaType"])],
    ids=["all", "by channel", "by queue and channel"],
)
def test_each_formula_renders_as_genesyss_own_numbers_divide(
    ask: Asker, genesys: Genesys, dimensions: list[str], groups: list[str]
) -> None:
    source = looker_studio(ask.app).add_data_source({"dataset": "queue_performance", "includeAbandons": True}, API_KEY)
    ratios = [field for field in CATALOG["queue_performance"].fields if isinstance(field, Ratio)]
    days = (FIRST.date(), FIRST.date() + timedelta(days=2))
    table = source.chart(dimensions, [ratio.name for ratio in ratios], days)
    expected: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (_, *key), figures in _sums(genesys, "P1D", *groups).items():
        into = expected[
            tuple(part.upper() if part and groups[i] == "mediaType" else part for i, part in enumerate(key))
        ]
        for name, amount in figures.items():
            into[name] += amount
        into["service_level_met"] = into["answered"] - into["answered_over_target"]
        into["service_level_base"] = into["answered"] + into["abandoned"] - into["short_abandoned"]
    assert {row[: len(dimensions)] for row in table.rows} == set(expected)
    for row in table.rows:
        figures = expected[row[: len(dimensions)]]
        for ratio, value in zip(ratios, row[len(dimensions) :], strict=True):
            base = figures[ratio.denominator]
            assert value == (Context(prec=38).divide(figures[ratio.numerator], base) if base else None), ratio.name


def test_each_formula_is_its_parts_divided(ask: Asker) -> None:
    fields = CATALOG["queue_performance"].fields
    for ratio in (field for field in fields if isinstance(field, Ratio)):
        for row in ask("queue_performance", "channel", ratio.name, ratio.numerator, ratio.denominator):
            value, numerator, denominator = map(_number, row[1:])
            if not denominator:
                assert value is None
            else:
                assert numerator is not None
                assert value == Decimal(repr(float(numerator) / float(denominator)))


def test_half_hours_are_provisional_until_they_are_settled(ask: Asker) -> None:
    rows = ask("queue_performance", "interval_start_utc", "is_provisional", "settled_through", "offered")
    assert {row[1] for row in rows} == {True, False}
    for start, provisional, settled, _ in rows:
        assert settled == f"{SETTLED:%Y%m%d%H%M%S}"
        assert provisional is (start >= settled)


def test_counts_over_no_interval_are_zero(ask: Asker) -> None:
    metrics = [field for field in CATALOG["queue_performance"].fields if isinstance(field, Metric)]
    nothing = [["0" if metric.aggregate == "total" else None for metric in metrics]]
    names = [metric.name for metric in metrics]
    assert ask("queue_performance", *names, period={"startDate": "1999-01-01", "endDate": "1999-01-01"}) == nothing


def test_runs_are_served_whatever_the_date_range(ask: Asker) -> None:
    rows = ask("pipeline_runs", "run_id", "run_status", "error_code", "has_more", "records_processed", "loaded")
    assert sorted(rows) == [
        ["run-1", "ok", None, False, "10", "5"],
        ["run-2", "failed", "genesys_auth", False, "10", "4"],
        ["run-3", "running", None, True, "10", "5"],
    ]


def test_freshness_and_completeness_of_the_runs(ask: Asker) -> None:
    [row] = ask("pipeline_runs", "runs", "failed_runs", "avg_duration_sec", "avg_freshness_sec", "completeness")
    assert row == ["3", "1", "15", "60", str(29 / 30)]


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Europe/London", "Asia/Kathmandu", "Africa/Casablanca"])
def test_the_warehouse_knows_each_change_of_the_clocks(ask: Asker, zone: str) -> None:
    names = ["created_date_utc", "created_date_local", "utc_offset", "expected_local", "expected_offset", "is_right"]
    rows = ask("time_check", *names, timeZone=zone)
    assert len(rows) == len(known_instants(ZoneInfo(zone)))
    for utc, local, offset, expected_local, expected_offset, right in rows:
        instant = datetime.strptime(utc, "%Y%m%d%H%M%S").replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert (local, offset) == (f"{instant:%Y%m%d%H%M%S}", f"{instant:%:z}")
        assert (f"{instant:%Y-%m-%d %H:%M:%S}", offset) == (expected_local, expected_offset)
        assert right is True
    [[instants, right_instants]] = ask("time_check", "instants", "right_instants", timeZone=zone)
    assert instants == right_instants == str(len(rows))


@pytest.mark.parametrize("detail", ["aggregated", "interaction"])
@pytest.mark.parametrize("dataset", CATALOG)
def test_every_field_is_served_in_its_form(ask: Asker, dataset: str, detail: str) -> None:
    names = [field.name for field in CATALOG[dataset].fields]
    answer = ask.answer(dataset, *names, detail=detail, timeZone="Asia/Kathmandu")
    assert [column["name"] for column in answer["schema"]] == names
    assert bool(answer["rows"]) is (dataset != "interaction_details")
    for row in answer["rows"]:
        for column, value in zip(answer["schema"], row, strict=True):
            SEMANTIC_TYPES[column["semantics"]["semanticType"]].parse(value)


def test_sql_and_cost_are_explained(ask: Asker) -> None:
    answer = ask.answer("queue_performance", "offered", explain="true")
    assert answer["rows"]
    explained = answer["explain"]
    assert explained["sql"].startswith("SELECT\n  IFNULL(SUM(t.offered), 0) AS c0")
    assert [parameter["type"] for parameter in explained["parameters"]] == ["TIMESTAMP", "TIMESTAMP"]
    assert set(explained) == {"sql", "parameters", "estimatedBytes", "maxBytesBilled", "cache", "rollUp", "labels"}
    assert explained["cache"]["state"] in ("hit", "miss")
