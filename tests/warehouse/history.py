"""A day of conversations as three commits leave it: read once, read again through a job, some of them gone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.extraction.flatten import FlatConversation
from backend.extraction.rows import Names
from backend.warehouse.client import Warehouse
from backend.warehouse.commit_script import Settling
from backend.warehouse.settled import create_seen_table
from tests.extraction.records import Json, acd, conversation, flat, metric, participant, segment
from tests.warehouse.contents import A_DAY, Row, Writer, rows_of, set_state

DAY = datetime(2024, 2, 19, tzinfo=UTC)
EIGHT = DAY + timedelta(hours=8)
AVAILABLE = DAY + timedelta(hours=12)
_BASE = -20 * A_DAY
# What a count is tampered with, to see that only differences are added to it.
TAMPERED = 100


def event(name: str, value: float, minute: float) -> Json:
    """At a minute after eight o'clock of the day."""
    return metric(name, value, _BASE + minute)


def queued(queue: str, *metrics: Json, minute: float = 0) -> Json:
    return acd(queue, *metrics, start=_BASE + minute)


def answered(user: str | None, queue: str | None, *metrics: Json, minute: float = 1) -> Json:
    place = segment(_BASE + minute) | ({"queueId": queue} if queue else {})
    return participant("agent", *metrics, segments=[place], **{"userId": user} if user else {})


def begun(
    identity: str, *participants: Json, minute: float = 0, end: float | None = 30, **values: Any
) -> FlatConversation:
    ended = None if end is None else _BASE + end
    return flat(conversation(*participants, identity=identity, start=_BASE + minute, end=ended, **values))


TRANSFERRED = begun(
    "transferred",
    queued("h1", event("nOffered", 1, 1), event("tAcd", 5_000, 1)),
    answered("a1", "h1", event("tAnswered", 5_000, 2), event("nTransferred", 1, 10), event("tHandle", 480_000, 12)),
    queued("h2", event("nOffered", 1, 10), event("tAbandon", 9_000, 29), minute=10),
)
FIRST: dict[str, FlatConversation] = {
    record.id: record
    for record in (
        TRANSFERRED,
        begun("alone", queued("h1", event("nOffered", 1, 3), event("nOverSla", 1, 3))),
        begun("revalued", answered("a1", "h3", event("tAnswered", 5_000, 5), event("tHandle", 60_000, 9))),
        begun("moved", queued("h3", event("nOffered", 1, 20)), end=60),
        begun("emptied", queued("h4", event("nOffered", 1, 5))),
        begun("unqueued", answered(None, None, event("tTalkComplete", 3_000, 5))),
        begun("tampered", queued("h6", event("nOffered", 1, 5))),
        begun("requeued", queued("h1", event("nOffered", 1, 9))),
        begun("gone", queued("h1", event("nOffered", 1, 7)), queued("h5", event("tFlowOut", 4_000, 8), minute=1)),
        begun("open", queued("h1", event("nOffered", 1, 11)), end=None),
        begun("ends", end=None),
        begun("open, gone", end=None),
        begun("older, open", minute=-2 * A_DAY, end=None),
        begun("older, gone", minute=-2 * A_DAY, end=-2 * A_DAY + 5),
    )
}
SECOND: dict[str, FlatConversation] = {
    record.id: record
    for record in (
        TRANSFERRED,
        begun("revalued", answered("a1", "h3", event("tAnswered", 7_000, 5), event("tHandle", 60_000, 9))),
        begun("moved", queued("h3", event("nOffered", 1, 40)), end=60),
        begun("emptied"),
        begun("unqueued", answered(None, None, event("tTalkComplete", 4_000, 5))),
        begun("tampered", queued("h6", event("nOffered", 3, 5))),
        begun("requeued", queued("h2", event("nOffered", 1, 9)), end=31),
        begun("ends"),
        begun("late", queued("h2", event("nOffered", 1, 12))),
    )
}
GONE = [FIRST["gone"], FIRST["open, gone"], FIRST["older, gone"]]
NAMES = Names(queues={"h1": "Billing", "h2": "Support"}, users={"a1": "Agent 014"})


@dataclass
class History:
    """The buckets after each commit; `seen` is the table of ids that the job showed."""

    run_id: str = ""
    seen: str = ""
    buckets: list[list[Row]] = field(default_factory=list)

    @staticmethod
    def stages() -> list[dict[str, FlatConversation]]:
        """The conversations that count after each commit."""
        second = FIRST | SECOND
        gone = {record.id for record in GONE}
        return [FIRST, second, {name: record for name, record in second.items() if name not in gone}]


def buckets(warehouse: Warehouse) -> list[Row]:
    return rows_of(warehouse, "queue_performance", f"DATE(interval_start) = '{DAY.date()}'")


def tamper(warehouse: Warehouse, amount: int) -> None:
    """Adds to a count what no event says."""
    warehouse.run(
        f"UPDATE {warehouse.table('queue_performance')} SET offered = offered + {amount} WHERE queue_id = 'h6'"
    )


def write_history(warehouse: Warehouse) -> History:
    found = History()
    set_state(warehouse, watermark="NULL", first_start="TIMESTAMP '2024-02-19 00:00:00+00'")
    with Writer(warehouse, "history") as writer:
        found.run_id = writer.run.id

        writer.put(list(FIRST.values()), names=NAMES, watermark=EIGHT + timedelta(hours=1))
        found.buckets.append(buckets(warehouse))
        tamper(warehouse, TAMPERED)
        found.seen = create_seen_table(warehouse, "history")
        settling = Settling('{"page": 1}', found.seen)
        writer.put(list(SECOND.values()), names=NAMES, available=AVAILABLE, settling=settling)
        found.buckets.append(buckets(warehouse))
        tamper(warehouse, -TAMPERED)
        writer.delete(GONE)
        found.buckets.append(buckets(warehouse))
    return found
