"""The body of an answer: put together and compressed as the rows arrive, and refused as soon as it is too large."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

try:
    from isal import isal_zlib as gzip_engine
except ImportError:  # no wheel for this machine: the same format, slower
    import zlib as gzip_engine  # type: ignore[no-redef]

_GZIP_FORMAT, _LEVEL = 31, 1
# Pieces for the compressor: it packs badly what comes in crumbs.
_PIECE_BYTES = 1 << 20


class Body(NamedTuple):
    """A whole answer, compressed; `size` is that of its JSON."""

    compressed: bytes
    size: int

    def json(self) -> bytes:
        return gzip_engine.decompress(self.compressed, _GZIP_FORMAT)


class TooManyBytesError(Exception):
    """The answer passed the limit after `read` bytes of rows."""

    def __init__(self, read: int) -> None:
        super().__init__(f"over the limit after {read} bytes")
        self.read = read


def data_body(
    schema: list[dict[str, Any]], rows: Iterable[bytes | memoryview], *, filters_applied: bool, limit: int
) -> Body:
    """`{schema, rows: [{values}], filtersApplied}`; every piece of `rows` ends with a comma or is empty.

    Raises `TooManyBytesError` above `limit` bytes of JSON.
    """
    head = b'{"schema":' + orjson.dumps(schema) + b',"rows":['
    tail = b'],"filtersApplied":' + orjson.dumps(filters_applied) + b"}"
    compressor = gzip_engine.compressobj(_LEVEL, gzip_engine.DEFLATED, _GZIP_FORMAT)
    packed: list[bytes] = []
    waiting, size = bytearray(head), len(head) + len(tail)
    for piece in _without_last_comma(rows):
        size += len(piece)
        if size > limit:
            raise TooManyBytesError(size)
        waiting += piece
        if len(waiting) >= _PIECE_BYTES:
            packed.append(compressor.compress(waiting))
            waiting.clear()
    waiting += tail
    if not packed:
        return compressed(waiting)
    packed += [compressor.compress(waiting), compressor.flush()]
    return Body(b"".join(packed), size)


def compressed(json: bytes | bytearray) -> Body:
    return Body(gzip_engine.compress(json, _LEVEL, _GZIP_FORMAT), len(json))


def _without_last_comma(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    held: bytes | memoryview = b""
    for piece in pieces:
        if len(piece):
            yield held
            held = piece
    yield held[:-1]
