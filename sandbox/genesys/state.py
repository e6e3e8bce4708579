"""What a simulator remembers between two starts: the few numbers from which its whole history follows."""

import os
from pathlib import Path

import msgspec

from .instants import iso, parse
from .world import World


class WorldState(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """The content of `world.json`; `first_start` is RFC 3339."""

    seed: int
    first_start: str
    conversations: int
    days: int

    def world(self) -> World:
        return World(self.seed, parse(self.first_start), self.conversations, self.days)


def load_or_begin(folder: Path, now: int, *, seed: int, conversations: int, days: int) -> WorldState:
    """The folder's world where it holds one, else a new one that starts at `now`, kept there whole at once.

    A kept world wins over the numbers given. Raises ValueError where the file is not readable as a world.
    """
    path = folder / "world.json"
    if path.exists():
        try:
            return msgspec.json.decode(path.read_bytes(), type=WorldState)
        except msgspec.DecodeError as error:
            raise ValueError(f"{path} is not a kept world ({error}); delete it to begin a new one") from error
    state = WorldState(seed, iso(now), conversations, days)
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    os.replace(draft, path)
    return state
