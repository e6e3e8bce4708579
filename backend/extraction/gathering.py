"""What was read since the last commit: each conversation once, and what could not be flattened beside it."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from backend.extraction.flatten import FlatConversation, flatten
from backend.extraction.records import RecordError, decode_conversation
from backend.warehouse.commit_script import Quarantined


class Gathered:
    """Takes in records; `seen` is shared by the batches of a run, since pages move while they are read."""

    def __init__(self, seen: set[str]) -> None:
        self._seen = seen
        self._flats: dict[str, FlatConversation] = {}
        self._refused: dict[str, Quarantined] = {}

    def __len__(self) -> int:
        """Distinct conversations received, readable or not."""
        return len(self._flats) + len(self._refused)

    @property
    def flats(self) -> list[FlatConversation]:
        return list(self._flats.values())

    @property
    def quarantined(self) -> list[Quarantined]:
        return list(self._refused.values())

    def days(self) -> set[date]:
        """UTC days on which the conversations began."""
        return {flat.created_date.date() for flat in self._flats.values()}

    def take(self, records: Iterable[msgspec.Raw], now: datetime) -> None:
        """Of two versions in one batch the later updated one stays, and a readable one instead of an unreadable."""
        for raw in records:
            try:
                flat = _flatten(raw, now)
            except RecordError as error:
                self._refuse(error)
                continue
            known = self._flats.get(flat.id)
            if known is not None:
                if flat.updated_date >= known.updated_date:
                    self._flats[flat.id] = flat
            elif flat.id not in self._seen or flat.id in self._refused:
                self._refused.pop(flat.id, None)
                self._seen.add(flat.id)
                self._flats[flat.id] = flat

    def _refuse(self, error: RecordError) -> None:
        key = error.conversation_id or f"unreadable {len(self._seen)}"
        if key not in self._seen:
            self._seen.add(key)
            self._refused[key] = Quarantined(error.conversation_id, error.reason)


def _flatten(raw: msgspec.Raw, now: datetime) -> FlatConversation:
    conversation = decode_conversation(raw)
    try:
        return flatten(conversation, now)
    except RecordError as error:
        raise RecordError(conversation.conversation_id, error.reason) from None
