"""Generated charts, three ways: pushed down, filtered and grouped by the host, and computed from single interactions.

Each goes through the real Apps Script files and the stand-in of Looker Studio, and all three must agree exactly. A seed
is a chart; `DIFFERENTIAL_CHARTS` asks for more of them than the usual run makes.
"""

import os
import random
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

import backend
from sandbox.looker.chart import Table, build_table
from sandbox.looker.data_source import DataSource
from sandbox.looker.filters import Filter, FilterValue
from tests.conftest import API_KEY
from tests.serving.conftest import Served, looker_studio
from tests.serving.oracle import DIMENSIONS, Interaction, holds, in_period

CHARTS = int(os.environ.get("DIFFERENTIAL_CHARTS", "240"))
BATCH = 60
QUOTIENT = Context(prec=38)

ZONES = ["UTC", "America/Chicago", "Asia/Kathmandu", "Europe/London"]
WORDS = ["VOICE", "inbound", "Billing", "50%_off 'x' \\ \"y\"", "", "Agent 014", "Sale", "No wrap-up code", "437380"]
EQUALS: list[FilterValue] = [*WORDS, 437380.0, True]
BOXES: list[FilterValue] = [True, False, "true", "false"]
PATTERNS = ["[A-Z]+", "^A", "(?i)agent.*", "in|out", "é|ñ|Ü", ".", "", r"\d+$"]
PIECES = ["%", "_", "'", "\\", "ill", "14", "E", "😀"]
MOMENTS = {
    "created_hour_utc": ["2024031006", "2024-03-11 23", "2024031200"],
    "created_day_utc": ["20240310", "2024-03-11", "20240312"],
    "created_date_local": ["20240310015959", "2024-03-11 03:00:00", "20240310030000"],
    "created_week_local": ["202410", "2024-11", "202409"],
    "hour_of_day_local": ["02", "17", "23"],
    "day_of_week_local": ["0", "1", "6"],
}
TEXTS = ["channel", "direction", "queue_name", "skill_name", "agent_name", "disposition_code", "outcome", "utc_offset"]
SUMS = {"wait_time_sec": "wait", "talk_time_sec": "talk", "handle_time_sec": "handle"}
COUNTS = {"answered": "answered", "abandoned": "abandoned"}
MEANS = {"avg_wait_time_sec": "wait", "avg_talk_time_sec": "talk", "avg_handle_time_sec": "handle"}
METRICS = ["interactions", *SUMS, *COUNTS, *MEANS, "abandonment_rate"]


class Chart(NamedTuple):
    dimensions: list[str]
    metrics: list[str]
    days: tuple[date, date]
    filters: list[list[Filter]]
    parameters: dict[str, str]


def chart(seed: int) -> Chart:
    """Charts of one dozen share fields and period, so that what the host filters itself comes from the cache."""
    shared, own = random.Random(seed // 12), random.Random(seed)
    first = date(2024, 3, 9) + timedelta(days=shared.randrange(4))
    return Chart(
        dimensions=shared.sample([*TEXTS, *MOMENTS, "is_provisional"], shared.randrange(4)),
        metrics=shared.sample(METRICS, shared.randrange(1, 5)),
        days=(first, first + timedelta(days=shared.choice([0, 0, 0, 1]))),
        filters=[[leaf(own) for _ in range(own.choice([1, 1, 2, 3]))] for _ in range(own.choice([0, 1, 1, 2]))],
        parameters={"timeZone": shared.choice(ZONES), "detail": shared.choice(["aggregated"] * 3 + ["interaction"])},
    )


def leaf(chance: random.Random) -> Filter:
    field = chance.choice([*TEXTS, *MOMENTS, "is_provisional"])
    exclude = chance.random() < 0.4
    if chance.random() < 0.1:
        return Filter(field, "IS_NULL", (), exclude)
    if field == "is_provisional":
        return Filter(field, chance.choice(["EQUALS", "IN_LIST"]), [chance.choice(BOXES)], exclude)
    if field in MOMENTS:
        operator = chance.choice(["EQUALS", "IN_LIST", "BETWEEN", *NUMERIC])
        return Filter(
            field, operator, chance.sample(MOMENTS[field], {"IN_LIST": 3, "BETWEEN": 2}.get(operator, 1)), exclude
        )
    match chance.choice(["EQUALS", "IN_LIST", "BETWEEN", "CONTAINS", "REGEXP_PARTIAL_MATCH", "REGEXP_EXACT_MATCH"]):
        case "EQUALS":
            return Filter(field, "EQUALS", [chance.choice(EQUALS)], exclude)
        case "CONTAINS":
            return Filter(field, "CONTAINS", [chance.choice(PIECES)], exclude)
        case "IN_LIST" | "BETWEEN" as operator:
            return Filter(field, operator, chance.sample(WORDS, 2), exclude)
        case operator:
            return Filter(field, operator, [chance.choice(PATTERNS)], exclude)


NUMERIC = [f"NUMERIC_{name}_THAN{end}" for name in ("GREATER", "LESS") for end in ("", "_OR_EQUAL")]


@pytest.fixture(scope="module")
def data_source(served: Served) -> DataSource:
    return looker_studio(backend.create_app(served.settings)).add_data_source(key=API_KEY)


@pytest.mark.parametrize("start", range(0, CHARTS, BATCH))
def test_three_ways_to_each_chart_agree(data_source: DataSource, served: Served, start: int) -> None:
    for seed in range(start, min(start + BATCH, CHARTS)):
        asked = chart(seed)
        groups = grouped(served.rows, asked)
        expected = sorted((measured(key, rows, asked) for key, rows in groups.items()), key=_null_first)
        # Of no rows at all the host makes NULL of every sum, of counts too; a grouped answer brings their zero.
        empty = groups == {(): []}
        nothing = [(None,) * len(asked.metrics)]
        single_rows = asked.parameters["detail"] == "interaction"
        assert pushed(data_source, asked).rows == (nothing if empty and single_rows else expected), (seed, asked)
        assert by_host(data_source, asked).rows == (nothing if empty else expected), (seed, asked)


def test_a_sample_passes_for_data(data_source: DataSource) -> None:
    names = list(data_source.schema)
    answer = data_source.get_data(data_source.sample_request(names))
    assert [field.name for field in answer.fields] == names
    assert answer.rows


def pushed(source: DataSource, asked: Chart) -> Table:
    request = source.request(_asked_for(source, asked), asked.days, asked.filters, asked.parameters)
    answer = source.get_data(request)
    assert answer.filters_applied
    return build_table(answer, *_shown(source, asked), asked.filters)


def by_host(source: DataSource, asked: Chart) -> Table:
    """The same chart with a filter that cannot be pushed: the host filters all that it then gets."""
    request = source.request(_asked_for(source, asked), asked.days, asked.filters, asked.parameters)
    unknown = {"fieldName": "channel", "type": "INCLUDE", "operator": "NEW_OP", "values": ["x"]}
    request["dimensionsFilters"] = [*request.get("dimensionsFilters", []), [unknown]]
    # All that any chart of this dozen filters by, so that they share one answer.
    named = {field["name"] for field in request["fields"]}
    hidden = [name for name in [*TEXTS, *MOMENTS, "is_provisional"] if name not in named]
    shown = [field for field in request["fields"] if "forFilterOnly" not in field]
    extra = [{"name": field["name"], "forFilterOnly": True} for field in request["fields"] if field not in shown]
    extra += [{"name": name, "forFilterOnly": True} for name in hidden]
    request["fields"] = [*shown, *sorted(extra, key=lambda field: str(field["name"]))]
    answer = source.get_data(request)
    assert not answer.filters_applied
    return build_table(answer, *_shown(source, asked), asked.filters)


def _asked_for(source: DataSource, asked: Chart) -> list[str]:
    names = list(asked.dimensions)
    for name in asked.metrics:
        formula = source.schema[name].formula
        names += formula.inputs if formula else [name]
    return list(dict.fromkeys(names))


def _shown(source: DataSource, asked: Chart) -> tuple[list[Any], list[Any]]:
    return [source.schema[name] for name in asked.dimensions], [source.schema[name] for name in asked.metrics]


def grouped(rows: list[Interaction], asked: Chart) -> dict[tuple[Any, ...], list[Interaction]]:
    zone = ZoneInfo(asked.parameters["timeZone"])
    groups: dict[tuple[Any, ...], list[Interaction]] = {} if asked.dimensions else {(): []}
    for row in rows:
        if in_period(row, *asked.days, zone) and _kept(row, asked, zone):
            groups.setdefault(tuple(DIMENSIONS[name](row, zone) for name in asked.dimensions), []).append(row)
    return groups


def measured(key: tuple[Any, ...], rows: list[Interaction], asked: Chart) -> tuple[Any, ...]:
    return (*key, *(_metric(name, rows) for name in asked.metrics))


def _kept(row: Interaction, asked: Chart, zone: ZoneInfo) -> bool:
    return all(any(holds(row, _plain(item), zone) for item in group) for group in asked.filters)


def _plain(item: Filter) -> dict[str, Any]:
    """The condition with its values as the field is served."""
    values: list[Any] = [str(value) for value in item.values]
    if item.field in MOMENTS:
        values = ["".join(character for character in value if character.isdigit()) for value in values]
    elif item.field == "is_provisional":
        values = [value.lower() == "true" for value in values]
    else:
        values = [{"True": "true", "437380.0": "437380"}.get(value, value) for value in values]
    return item.as_json() | {"values": values}


def _metric(name: str, rows: list[Interaction]) -> Decimal | None:
    if name == "interactions":
        return Decimal(len(rows))
    if name in COUNTS:
        return Decimal(sum(getattr(row, COUNTS[name]) for row in rows))
    if name == "abandonment_rate":
        return QUOTIENT.divide(Decimal(sum(row.abandoned for row in rows)), Decimal(len(rows))) if rows else None
    values = [value for row in rows if (value := getattr(row, (SUMS | MEANS)[name])) is not None]
    if not values:
        return None
    total = Decimal(sum(values)) / 1000
    return total if name in SUMS else QUOTIENT.divide(total, Decimal(len(values)))


def _null_first(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(cell is not None, cell if cell is not None else "") for cell in row]
