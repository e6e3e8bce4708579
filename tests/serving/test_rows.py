"""Both roads from values to JSON text: the REST API's texts, and Arrow's columns."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.serving.rows import rows_of_arrow, rows_of_json

ROWS = [
    ("VOICE", 3, Decimal("1.500000000"), 0.25, True),
    ("", 0, Decimal("0E-9"), 1e-9, False),
    (None, None, None, None, None),
]
CELLS = [
    ["VOICE", "3", "1.5", "0.25", True],
    ["", "0", "0", "0.000000001", False],
    [None, None, None, None, None],
]
ARROW_TYPES = [pa.string(), pa.int64(), pa.decimal128(38, 9), pa.float64(), pa.bool_()]
REST_TYPES = ["STRING", "INTEGER", "NUMERIC", "FLOAT", "BOOLEAN"]


def read(text: bytes | memoryview) -> list[Any]:
    """The rows of a text in which each ends with a comma."""
    content = bytes(text)
    assert content == b"" or content.endswith(b"},")
    return [row["values"] for row in orjson.loads(b"[" + content[:-1] + b"]")]


def batch(rows: Sequence[Sequence[object]], types: Sequence[pa.DataType]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[f"c{position}" for position in range(len(types))])


def as_rest(rows: Sequence[Sequence[object]]) -> list[dict[str, Any]]:
    """Values as BigQuery's REST API writes them."""

    def cell(value: object) -> str | None:
        return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    return [{"f": [{"v": cell(value)} for value in row]} for row in rows]


def test_rows_of_the_rest_api_in_served_form() -> None:
    assert read(rows_of_json(as_rest(ROWS), REST_TYPES)) == CELLS


def test_rows_of_arrow_are_the_same() -> None:
    assert read(rows_of_arrow(batch(ROWS, ARROW_TYPES))) == CELLS


def test_no_rows_are_no_text() -> None:
    assert bytes(rows_of_arrow(batch([], ARROW_TYPES))) == b""
    assert rows_of_json([], REST_TYPES) == b""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("918.737"), "918.737"),
        (Decimal("100"), "100"),
        (Decimal("-12.5"), "-12.5"),
        (Decimal("0.000000001"), "0.000000001"),
        (Decimal("0.001"), "0.001"),
        (Decimal("99999999999999999999999999999.123456789"), "99999999999999999999999999999.123456789"),
    ],
    ids=str,
)
def test_decimals_are_exact_and_plain(value: Decimal, text: str) -> None:
    alone, beside_zero = [(value,)], [(value,), (Decimal(0),)]
    for rows in (alone, beside_zero):
        assert read(rows_of_arrow(batch(rows, [pa.decimal128(38, 9)])))[0] == [text]
        assert read(rows_of_json(as_rest(rows), ["NUMERIC"]))[0] == [text]


@pytest.mark.parametrize(
    "kind", [pa.decimal128(38, 0), pa.int64(), pa.decimal128(18, 3)], ids=["whole decimal", "integer", "milliseconds"]
)
def test_zeros_before_the_point_stay(kind: pa.DataType) -> None:
    assert read(rows_of_arrow(batch([(1200,), (0,)], [kind]))) == [["1200"], ["0"]]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ['"', "\\", "\n", "\x00", "\x1f", "\x7f", "\u2028", "😀", 'a"b\\c', "]},"]
)
ROWS_OF_TEXT = st.lists(st.tuples(st.none() | TEXTS, TEXTS, st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=8)


@given(rows=ROWS_OF_TEXT)
def test_any_text_survives_both_roads(rows: list[tuple[str | None, str, int | None]]) -> None:
    expected = [[first, second, None if number is None else str(number)] for first, second, number in rows]
    types = [pa.string(), pa.string(), pa.int64()]
    assert read(rows_of_arrow(batch(rows, types))) == expected
    assert read(rows_of_json(as_rest(rows), ["STRING", "STRING", "INTEGER"])) == expected


@given(rows=ROWS_OF_TEXT, start=st.integers(0, 8))
def test_a_slice_of_a_batch_is_only_its_rows(rows: list[tuple[str | None, str, int | None]], start: int) -> None:
    whole = batch(rows, [pa.string(), pa.string(), pa.int64()])
    assert read(rows_of_arrow(whole.slice(start))) == read(rows_of_arrow(whole))[start:]
