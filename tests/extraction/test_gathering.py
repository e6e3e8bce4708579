"""What is received counts once: flattened, or refused with a reason."""

import msgspec

from backend.extraction.gathering import Gathered
from tests.extraction.records import NOW, Json, conversation


def raw(*records: Json) -> list[msgspec.Raw]:
    return [msgspec.Raw(msgspec.json.encode(record)) for record in records]


def broken(identity: str) -> Json:
    return conversation(identity=identity) | {"participants": 7}


def nameless() -> Json:
    return {name: value for name, value in conversation().items() if name != "conversationId"}


def test_the_later_updated_of_two_versions_stays() -> None:
    gathered = Gathered(set())
    gathered.take(raw(conversation(end=30), conversation(end=20)), NOW)
    (flat,) = gathered.flats
    assert flat.ended_date is not None
    assert (flat.ended_date.minute, len(gathered)) == (30, 1)


def test_a_readable_version_takes_the_place_of_an_unreadable_one() -> None:
    gathered = Gathered(set())
    gathered.take(raw(broken("c1"), conversation(identity="c1"), broken("c1")), NOW)
    assert ([flat.id for flat in gathered.flats], gathered.quarantined) == (["c1"], [])


def test_every_record_without_an_id_counts_in_every_batch_of_a_run() -> None:
    seen: set[str] = set()
    first, second = Gathered(seen), Gathered(seen)
    first.take(raw(nameless(), broken("c1"), nameless()), NOW)
    second.take(raw(nameless(), broken("c1")), NOW)
    assert (len(first), len(second)) == (3, 1)
