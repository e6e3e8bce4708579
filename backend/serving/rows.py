"""Rows in the exact forms that Looker Studio reads, straight to JSON text.

Numbers are decimal text, text and NULL are what they are, booleans are `true` and `false`. Large results come as Arrow
columns and become text column by column, without a Python object a cell; small ones come as the REST API's own texts.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from backend.forms import number_text

_ROW_START, _ROW_END = '{"values":[', "]},"
# What JSON cannot hold as it is; where none of it occurs, a quote on each side is enough.
_NEEDS_ESCAPING = r'["\\\x00-\x1f]'


def rows_of_json(rows: Sequence[Mapping[str, Any]], types: Sequence[str]) -> bytes:
    """Rows of the REST API (`{"f": [{"v": ..}, ..]}`) as `{"values":[..]},..`; each ends with a comma."""
    readers = [_TEXT_READERS.get(kind) for kind in types]
    shaped = [
        {"values": [_read(cell["v"], reader) for cell, reader in zip(row["f"], readers, strict=True)]} for row in rows
    ]
    return orjson.dumps(shaped)[1:-1] + b"," if rows else b""


def _read(text: str | None, reader: Callable[[str], object] | None) -> object:
    return text if reader is None or text is None else reader(text)


# Types by both of their names. The REST API writes an INT64 as we do; the text of a NUMERIC may end in zeros, that of a
# FLOAT64 have an exponent.
_TEXT_READERS: Mapping[str, Callable[[str], object]] = {
    "NUMERIC": lambda text: number_text(Decimal(text)),
    "FLOAT": lambda text: number_text(float(text)),
    "FLOAT64": lambda text: number_text(float(text)),
    "BOOLEAN": lambda text: text == "true",
    "BOOL": lambda text: text == "true",
}


def rows_of_arrow(batch: pa.RecordBatch) -> memoryview:
    """The same text of an Arrow batch, as the buffer that Arrow made."""
    parts: list[Any] = []
    for position, column in enumerate(batch.columns):
        parts += [_ROW_START if position == 0 else ",", *_cells(column)]
    if not len(batch):
        return memoryview(b"")
    text = pc.binary_join_element_wise(*_joined_literals([*parts, _ROW_END]), "")
    return memoryview(text.buffers()[2])[: pc.sum(pc.binary_length(text)).as_py()]


def _joined_literals(parts: list[Any]) -> list[Any]:
    """Neighbouring constants as one."""
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _cells(column: pa.Array) -> list[Any]:
    """The column as JSON values, as parts to be joined in each row."""
    if pa.types.is_boolean(column.type):
        return [pc.fill_null(pc.cast(column, pa.string()), "null")]
    text = _escaped(column) if pa.types.is_string(column.type) else _numbers(column)
    if text.null_count:
        return [pc.fill_null(pc.binary_join_element_wise('"', text, '"', ""), "null")]
    return ['"', text, '"']


def _escaped(column: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring_regex(column, _NEEDS_ESCAPING)).as_py():
        return column
    return _by_value(column, lambda text: orjson.dumps(text)[1:-1].decode())


def _numbers(column: pa.Array) -> pa.Array:
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.string())
    if not pa.types.is_decimal(column.type):
        return _by_value(column, number_text)
    text = pc.cast(column, pa.string())
    if column.type.scale > 0:
        # Arrow writes 0 as `0E-9`, and other values below a millionth with an exponent too.
        if pc.any(pc.match_substring(text, "E")).as_py():
            return _by_value(column, number_text)
        text = pc.ascii_rtrim(pc.ascii_rtrim(text, characters="0"), characters=".")
    return text


def _by_value(column: pa.Array, text_of: Callable[[Any], str]) -> pa.Array:
    """The text of each different value, computed once."""
    encoded = column.dictionary_encode()
    texts = pa.array([text_of(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)
