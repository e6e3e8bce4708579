"""How fast conversations become rows: `python -m benchmarks.extraction`.

Both ways read the same job pages over HTTP from another process, in one process, one after the other in each round.
What counts is this process's CPU time and the ratios between lines: other work on the machine blurs the clock.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.extraction.flatten import FlatConversation, flatten
from backend.extraction.records import Conversation, decode_conversation
from backend.genesys.client import GenesysClient
from backend.genesys.jobs import job_pages
from backend.genesys.pacing import Pacer
from backend.genesys.regions import GenesysAddress
from backend.settings import Secret
from benchmarks import naive
from benchmarks.pages import job_pages_of, served

_NOW = datetime.now(UTC)
_UNLIMITED = 10_000_000
# Decoding and flattening is to be this many times as fast as requests, .json() and dictionaries.
_FLOOR = 5.0


@dataclass(frozen=True)
class Way:
    """Something to measure: `read` goes once through all pages and hands out what it makes of them."""

    name: str
    read: Callable[[str], Iterator[Any]]


def _records(url: str) -> Iterator[msgspec.Raw]:
    client = GenesysClient(
        GenesysAddress(url, url),
        "client",
        Secret("secret"),
        pacer=Pacer(_UNLIMITED, clock=time.time),
        timeout_seconds=60,
        heartbeat=lambda: None,
    )
    for page in job_pages(client, "benchmark"):
        yield from page.conversations


def _decoded(url: str) -> Iterator[Conversation]:
    return map(decode_conversation, _records(url))


def _flat(url: str) -> Iterator[FlatConversation]:
    return (flatten(conversation, _NOW) for conversation in _decoded(url))


def _flat_and_hashed(url: str) -> Iterator[str]:
    return (flat.record_hash() for flat in _flat(url))


def _naive(url: str) -> Iterator[naive.Json]:
    return (conversation for page in naive.read_pages(url) for conversation in page)


def _naive_flat(url: str) -> Iterator[naive.Json]:
    return (naive.flatten(conversation, _NOW) for conversation in _naive(url))


def _naive_flat_and_hashed(url: str) -> Iterator[str]:
    return (naive.record_hash(row) for row in _naive_flat(url))


OURS = Way("decode, flatten, hash", _flat_and_hashed)
PEER = Way("requests, .json(), dicts, hash", _naive_flat_and_hashed)
WAYS = (
    Way("read pages, records undecoded", _records),
    Way("decode", _decoded),
    Way("decode, flatten", _flat),
    OURS,
    Way("requests, .json()", _naive),
    Way("requests, .json(), dicts", _naive_flat),
    PEER,
)


def check_same_rows(url: str) -> None:
    """Raises `AssertionError` with both rows where the two ways disagree."""
    for ours, theirs in zip(_flat(url), _naive_flat(url), strict=True):
        row = msgspec.structs.asdict(ours)
        row["skill_ids"] = list(ours.skill_ids)
        events = [(e.metric, e.emitted_at, e.value, e.queue_id, e.agent_id, e.channel) for e in row.pop("events")]
        other = [tuple(event.values()) for event in theirs.pop("events")]
        assert row == theirs, f"{row}\n{theirs}"
        assert sorted(map(str, events)) == sorted(map(str, other)), f"{events}\n{other}"


def measure(url: str, rounds: int) -> dict[str, float]:
    """CPU seconds of each way, the median of the rounds."""
    seconds: dict[str, list[float]] = {way.name: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            gc.collect()
            begun = time.process_time()
            for _ in way.read(url):
                pass
            seconds[way.name].append(time.process_time() - begun)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    """Prints a line a way and the ratio to the floor; exit 1 where it is missed."""
    parser = argparse.ArgumentParser(description="Decode and flatten, against requests, .json() and dictionaries.")
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--kilobytes", type=float, default=9.0, help="JSON of a conversation, on average")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pages = job_pages_of(options.conversations, options.kilobytes)
    with served(pages) as url:
        check_same_rows(url)
        seconds = measure(url, options.rounds)
    print(f"{options.conversations} conversations, {sum(map(len, pages)) / options.conversations:.0f} bytes each")
    for way in WAYS:
        taken = seconds[way.name]
        print(f"{way.name:32} {options.conversations / taken:9,.0f} a second  {taken / seconds[PEER.name]:6.1%}")
    ratio = seconds[PEER.name] / seconds[OURS.name]
    print(f"{ratio:.1f} times as fast; the floor is {_FLOOR:.0f}")
    raise SystemExit(ratio < _FLOOR)


if __name__ == "__main__":
    main()
