"""UUIDs that follow from the seed, so that a restart names everything as before."""

from hashlib import blake2b
from uuid import UUID

_NUMBER_BYTES = 6
# Numbers before the first one are negative; the id holds them shifted.
_SHIFT = 1 << 32


def stable_uuid(*parts: object) -> str:
    """The same UUID for the same parts, always."""
    # Written out by hand: a record needs a dozen, and uuid.UUID takes twice as long.
    name = blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    return f"{name[:8]}-{name[8:12]}-4{name[13:16]}-a{name[17:20]}-{name[20:]}"


def conversation_id(seed: int, number: int) -> str:
    """The id of the world's `number`-th conversation; `conversation_number` finds the way back without a table."""
    noise = blake2b(f"{seed}/conversation/{number}".encode(), digest_size=10).digest()
    masked = (number + _SHIFT) ^ _mask(seed, noise[:6])
    return str(UUID(bytes=noise + masked.to_bytes(_NUMBER_BYTES), version=4))


def conversation_number(seed: int, text: str) -> int | None:
    """The number hidden in a conversation id of this seed; None where it is no such id."""
    try:
        raw = UUID(text).bytes
    except ValueError:
        return None
    number = (int.from_bytes(raw[10:]) ^ _mask(seed, raw[:6])) - _SHIFT
    return number if conversation_id(seed, number) == text else None


def _mask(seed: int, noise: bytes) -> int:
    return int.from_bytes(blake2b(noise, key=f"{seed}".encode(), digest_size=_NUMBER_BYTES).digest())
