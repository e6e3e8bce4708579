"""What a request must answer, computed from single interactions, without a line of the code under test."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

type Cells = tuple[str | bool | None, ...]

FIRST_MOMENT = datetime(2024, 3, 9, 20, 0, tzinfo=UTC)
HOURS = 80


@dataclass(frozen=True)
class Interaction:
    """A row of the warehouse; durations in milliseconds."""

    id: str
    created: datetime
    updated: datetime
    channel: str | None
    direction: str | None
    queue_name: str | None
    skill_name: str | None
    agent_name: str | None
    disposition_code: str | None
    outcome: str | None
    wait: int | None
    talk: int | None
    handle: int | None
    answered: bool
    abandoned: bool
    settled: bool
    deleted: bool

    def as_loaded(self) -> dict[str, Any]:
        row = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("created", "updated", "wait", "talk", "handle", "deleted")
        }
        times = {"wait_time": self.wait, "talk_time": self.talk, "handle_time": self.handle}
        return (
            row
            | {name: None if value is None else f"{value / 1000:.3f}" for name, value in times.items()}
            | {"created_date": self.created.isoformat(), "updated_date": self.updated.isoformat()}
            | {"deleted_at": self.updated.isoformat() if self.deleted else None}
            | {"transferred": False, "record_hash": self.id, "extracted_at": self.updated.isoformat()}
        )


def generate(count: int, seed: int) -> list[Interaction]:
    """Interactions with a NULL in each nullable column, texts that need care, and some at the edges of days."""
    chance = random.Random(seed)

    def maybe(*values: Any) -> Any:
        return chance.choice([None, *values])

    def milliseconds() -> int | None:
        return None if chance.random() < 0.2 else chance.choice([0, 1, 999, 1000, chance.randrange(600_000)])

    made = []
    for number in range(count):
        created = FIRST_MOMENT + timedelta(milliseconds=chance.randrange(HOURS * 3_600_000))
        interaction = Interaction(
            id=f"interaction-{number}",
            created=created,
            updated=created + timedelta(seconds=chance.randrange(5)),
            channel=maybe("voice", "chat", "email", "callback"),
            direction=maybe("inbound", "outbound"),
            queue_name=maybe("Billing", "Support", "437380", "50%_off 'x' \\ \"y\"", "", "Überlauf 😀", "true"),
            skill_name=maybe("English", "English, Español"),
            agent_name=maybe("Agent 001", "Agent 014", "agent 014"),
            disposition_code=maybe("Sale", "No wrap-up code", ""),
            outcome=maybe("open", "answered", "abandoned"),
            wait=milliseconds(),
            talk=milliseconds(),
            handle=milliseconds(),
            answered=chance.random() < 0.6,
            abandoned=chance.random() < 0.3,
            settled=chance.random() < 0.5,
            deleted=chance.random() < 0.1,
        )
        made.append(interaction)
    edges = [
        "2024-03-10T00:00:00",
        "2024-03-10T05:59:59.999",
        "2024-03-10T06:00:00",
        "2024-03-11T04:59:59.999",
        "2024-03-11T05:00:00",
    ]
    for position, text in enumerate(edges):
        made[position] = replace(made[position], created=datetime.fromisoformat(text).replace(tzinfo=UTC))
    return made


def _label(row: Interaction) -> str:
    if row.disposition_code is not None:
        return row.disposition_code
    return "No wrap-up code" if row.answered else "Unanswered/Abandoned"


def _local(form: str) -> Callable[[Interaction, ZoneInfo], str]:
    return lambda row, zone: row.created.astimezone(zone).strftime(form)


DIMENSIONS: dict[str, Callable[[Interaction, ZoneInfo], str | bool | None]] = {
    "created_date_utc": lambda row, _: row.created.strftime("%Y%m%d%H%M%S"),
    "created_hour_utc": lambda row, _: row.created.strftime("%Y%m%d%H"),
    "created_day_utc": lambda row, _: row.created.strftime("%Y%m%d"),
    "updated_date_utc": lambda row, _: row.updated.strftime("%Y%m%d%H%M%S"),
    "created_date_local": _local("%Y%m%d%H%M%S"),
    "created_hour_local": _local("%Y%m%d%H"),
    "created_day_local": _local("%Y%m%d"),
    "created_week_local": _local("%G%V"),
    "hour_of_day_local": _local("%H"),
    "day_of_week_local": lambda row, zone: str(row.created.astimezone(zone).isoweekday() % 7),
    "utc_offset": _local("%:z"),
    "channel": lambda row, _: row.channel.upper() if row.channel else row.channel,
    "direction": lambda row, _: row.direction,
    "queue_name": lambda row, _: row.queue_name,
    "skill_name": lambda row, _: row.skill_name,
    "agent_name": lambda row, _: row.agent_name,
    "disposition_code": lambda row, _: _label(row),
    "outcome": lambda row, _: row.outcome,
    "is_provisional": lambda row, _: not row.settled,
    "settled_through": lambda row, _: None,
}


def _seconds(values: Iterable[int | None]) -> Decimal | None:
    present = [value for value in values if value is not None]
    return Decimal(sum(present)) / 1000 if present else None


def _ratio(numerator: Decimal | int | None, denominator: int) -> float | None:
    return None if numerator is None or denominator == 0 else float(numerator) / denominator


METRICS: dict[str, Callable[[Sequence[Interaction]], Decimal | int | float | None]] = {
    "interactions": len,
    "answered": lambda rows: sum(row.answered for row in rows),
    "abandoned": lambda rows: sum(row.abandoned for row in rows),
    "wait_time_sec": lambda rows: _seconds(row.wait for row in rows),
    "talk_time_sec": lambda rows: _seconds(row.talk for row in rows),
    "wait_count": lambda rows: sum(row.wait is not None for row in rows),
    "avg_wait_time_sec": lambda rows: _ratio(
        _seconds(row.wait for row in rows), sum(row.wait is not None for row in rows)
    ),
    "avg_handle_time_sec": lambda rows: _ratio(
        _seconds(row.handle for row in rows), sum(row.handle is not None for row in rows)
    ),
    "abandonment_rate": lambda rows: _ratio(sum(row.abandoned for row in rows), len(rows)),
}


def _text(number: Decimal | int | float | None) -> str | None:
    if number is None:
        return None
    text = f"{Decimal(str(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_TESTS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "EQUALS": lambda text, values: text == values[0],
    "IN_LIST": lambda text, values: text in values,
    "BETWEEN": lambda text, values: values[0] <= text <= values[1],
    "CONTAINS": lambda text, values: values[0] in text,
    "REGEXP_PARTIAL_MATCH": lambda text, values: re.search(values[0], text) is not None,
    "REGEXP_EXACT_MATCH": lambda text, values: re.fullmatch(values[0], text) is not None,
    "NUMERIC_GREATER_THAN": lambda text, values: int(text) > int(values[0]),
    "NUMERIC_GREATER_THAN_OR_EQUAL": lambda text, values: int(text) >= int(values[0]),
    "NUMERIC_LESS_THAN": lambda text, values: int(text) < int(values[0]),
    "NUMERIC_LESS_THAN_OR_EQUAL": lambda text, values: int(text) <= int(values[0]),
}


def holds(row: Interaction, condition: dict[str, Any], zone: ZoneInfo) -> bool:
    """A condition is unknown, and so not met, where its field is NULL; only IS_NULL is never unknown."""
    text = DIMENSIONS[condition["fieldName"]](row, zone)
    include = condition["type"] == "INCLUDE"
    if condition["operator"] == "IS_NULL":
        return (text is None) is include
    return text is not None and _TESTS[condition["operator"]](text, condition["values"]) is include


def in_period(row: Interaction, first: date, last: date, zone: ZoneInfo) -> bool:
    """Whether the row is there at all: of one of these days of the zone, and not deleted."""
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    return start <= row.created < end and not row.deleted


def expected_rows(
    rows: Iterable[Interaction], body: dict[str, Any], names: Sequence[str], *, filtered: bool
) -> list[Cells]:
    """The rows of an answer with the columns `names`, in no order."""
    zone = ZoneInfo(body["configParams"].get("timeZone") or "UTC")
    first, last = (date.fromisoformat(body["dateRange"][key]) for key in ("startDate", "endDate"))
    groups = body.get("dimensionsFilters", []) if filtered else []
    kept = [
        row
        for row in rows
        if in_period(row, first, last, zone)
        and all(any(holds(row, condition, zone) for condition in group) for group in groups)
    ]
    keys = [name for name in names if name in DIMENSIONS]
    if body["configParams"].get("detail") == "interaction":
        collected: list[list[Interaction]] = [[row] for row in kept]
    else:
        by_key: dict[Cells, list[Interaction]] = defaultdict(list)
        for row in kept:
            by_key[tuple(DIMENSIONS[key](row, zone) for key in keys)].append(row)
        collected = list(by_key.values()) if keys else [kept]
    return [
        tuple(DIMENSIONS[name](group[0], zone) if name in DIMENSIONS else _text(METRICS[name](group)) for name in names)
        for group in collected
    ]
