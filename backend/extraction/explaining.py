"""Which conversations are behind a number that Genesys and we do not agree on."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from backend.extraction.gathering import Gathered
from backend.genesys.client import GenesysClient
from backend.genesys.conversations import details_pages
from backend.warehouse.client import Warehouse
from backend.warehouse.comparison import Difference, explaining_ids
from backend.warehouse.queue_counts import HALF_HOUR

type _Place = tuple[datetime, str | None, str | None, str]


class Explanation(NamedTuple):
    """Ids of conversations that count there: those that only Genesys has, and those that we have."""

    missing: list[str]
    ours: list[str]


def explain(
    genesys: GenesysClient, warehouse: Warehouse, day: datetime, differences: Sequence[Difference], now: datetime
) -> Iterator[tuple[Difference, Explanation]]:
    """Each difference of a UTC day with what could explain it.

    Reads the conversations that began on that day from Genesys; one that began earlier is known only if we have it.
    Raises what `details_pages` raises.
    """
    wanted = {(found.interval_start, found.queue_id, found.channel, found.metric) for found in differences}
    told = _counted(genesys, day, wanted, now) if wanted else {}
    for found in differences:
        ours = explaining_ids(warehouse, found)
        place = (found.interval_start, found.queue_id, found.channel, found.metric)
        yield found, Explanation(sorted(told.get(place, set()).difference(ours)), ours)


def _counted(genesys: GenesysClient, day: datetime, wanted: set[_Place], now: datetime) -> dict[_Place, set[str]]:
    counted: dict[_Place, set[str]] = defaultdict(set)
    for page in details_pages(genesys, day, day + timedelta(days=1)):
        gathered = Gathered(set())
        gathered.take(page.conversations, now)
        for flat in gathered.flats:
            for event in flat.events:
                seconds = event.emitted_at.timestamp() // HALF_HOUR.seconds * HALF_HOUR.seconds
                place = (datetime.fromtimestamp(seconds, UTC), event.queue_id, event.channel, event.metric)
                if place in wanted:
                    counted[place].add(flat.id)
    return counted
