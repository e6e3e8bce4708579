"""What the chart shows is what the simulated world holds: row by row, and summed."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.warehouse.client import Warehouse
from sandbox.genesys.truth import Truth
from tests.end_to_end.conftest import DAYS, Chain

_COLUMNS = (
    "id", "created_date", "ended_date", "channel", "direction", "queue_id", "queue_name", "first_queue_name",
    "skill_name", "agent_id", "agent_name", "team_name", "location_name", "wait_time", "talk_time", "hold_time",
    "wrap_up_time", "handle_time", "disposition_code", "outcome", "abandoned", "answered", "transferred",
)  # fmt: skip


@pytest.fixture(scope="module")
def watermark(chain: Chain) -> datetime:
    """Everything is extracted once, lookups first, as the scheduler would."""
    assert chain.task("lookups")["status"] == "ok"
    answer = chain.task("extract")
    assert (answer["status"], answer["more"]) == ("ok", False)
    return datetime.fromisoformat(answer["watermark"])


def test_each_stored_row_is_the_truth(chain: Chain, watermark: datetime) -> None:
    warehouse = Warehouse(chain.settings)
    stored = warehouse.run(f"SELECT {', '.join(_COLUMNS)} FROM {warehouse.table('interaction_details')}")
    rows = {row["id"]: dict(row.items()) for row in stored}
    expected = {truth.id: _as_row(truth) for truth in _truths(chain, watermark)}
    assert len(expected) > 1_000
    assert {identifier for identifier in rows if identifier not in expected} <= _begun_before_the_origin(chain, rows)
    assert {identifier: rows.get(identifier) for identifier in expected} == expected


def test_the_chart_equals_sums_over_the_world(chain: Chain, watermark: datetime) -> None:
    today = datetime.fromtimestamp(chain.frozen_at / 1000, UTC).date()
    first = today - timedelta(days=DAYS - 1)
    metrics = ["interactions", "wait_time_sec", "talk_time_sec", "answered", "abandoned", "avg_wait_time_sec"]
    table = chain.data_source().chart(["created_day_utc", "channel"], metrics, (first, today))
    shown = {row[:2]: (*row[2:-1], _rounded(row[-1])) for row in table.rows}

    groups: dict[tuple[str, str], list[Truth]] = defaultdict(list)
    for truth in _truths(chain, watermark):
        day = _instant(truth.start).strftime("%Y%m%d")
        if day >= first.strftime("%Y%m%d"):
            groups[day, truth.channel].append(truth)
    assert len(groups) >= 2 * DAYS
    assert shown == {key: _sums(truths) for key, truths in groups.items()}


def test_running_again_changes_nothing(chain: Chain, watermark: datetime) -> None:
    warehouse = Warehouse(chain.settings)
    query = f"SELECT * EXCEPT (extracted_at) FROM {warehouse.table('interaction_details')} ORDER BY id"
    before = [dict(row.items()) for row in warehouse.run(query)]
    assert datetime.fromisoformat(chain.task("extract")["watermark"]) >= watermark
    assert [dict(row.items()) for row in warehouse.run(query)] == before


def _truths(chain: Chain, watermark: datetime) -> list[Truth]:
    return [truth for truth in chain.world.truth(chain.frozen_at) if _instant(truth.start) < watermark]


def _begun_before_the_origin(chain: Chain, rows: dict[str, dict[str, Any]]) -> set[str]:
    return {identifier for identifier, row in rows.items() if row["created_date"] < _instant(chain.world.origin)}


def _sums(truths: list[Truth]) -> tuple[Decimal | None, ...]:
    waits = [truth.wait for truth in truths if truth.wait is not None]
    talks = [truth.talk for truth in truths if truth.talk is not None]
    wait = _seconds(sum(waits)) if waits else None
    return (
        Decimal(len(truths)),
        wait,
        _seconds(sum(talks)) if talks else None,
        Decimal(sum(truth.answered for truth in truths)),
        Decimal(sum(truth.abandoned for truth in truths)),
        _rounded(wait / len(waits) if wait is not None else None),
    )


def _rounded(average: Any) -> Decimal | None:
    """The stand-in computes a formula with more digits than a quotient has here."""
    return None if average is None else round(Decimal(average), 9)


def _as_row(truth: Truth) -> dict[str, Any]:
    return {
        "id": truth.id,
        "created_date": _instant(truth.start),
        "ended_date": None if truth.end is None else _instant(truth.end),
        "channel": truth.channel.lower(),
        "direction": truth.direction,
        "queue_id": truth.queue_id,
        "queue_name": truth.queue_name,
        "first_queue_name": truth.first_queue_name,
        "skill_name": ", ".join(truth.skill_names) or None,
        "agent_id": truth.agent_id,
        "agent_name": truth.agent_name,
        "team_name": truth.team_name,
        "location_name": truth.location_name,
        "wait_time": _seconds(truth.wait),
        "talk_time": _seconds(truth.talk),
        "hold_time": _seconds(truth.hold),
        "wrap_up_time": _seconds(truth.acw),
        "handle_time": _seconds(truth.handle),
        "disposition_code": truth.wrap_up_name,
        "outcome": truth.outcome,
        "abandoned": truth.abandoned,
        "answered": truth.answered,
        "transferred": truth.transferred,
    }


def _seconds(milliseconds: int | None) -> Any:
    return None if milliseconds is None else Decimal(milliseconds) / 1000


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
