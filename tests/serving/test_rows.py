from decimal import Decimal

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.serving.rows import answer_body, cells_of_arrow, cells_of_rows, number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-7, "-7"),
        (9_007_199_254_740_993, "9007199254740993"),
        (Decimal("918.737000000"), "918.737"),
        (Decimal("100.000000000"), "100"),
        (Decimal("0E-9"), "0"),
        (Decimal("-0.000"), "0"),
        (Decimal("0.000000001"), "0.000000001"),
        (Decimal("99999999999999999999999999999.123456789"), "99999999999999999999999999999.123456789"),
        (1e300, "1" + "0" * 300),
        (1e-7, "0.0000001"),
        (0.1, "0.1"),
        (2.0, "2"),
        (-0.0, "0"),
        (1 / 3, "0.3333333333333333"),
    ],
    ids=str,
)
def test_numbers_are_decimal_text(value: float | Decimal, text: str) -> None:
    assert number_text(value) == text


@given(value=st.decimals(min_value=-(10**20), max_value=10**20, places=9))
def test_decimal_text_is_exact(value: Decimal) -> None:
    text = number_text(value)
    assert Decimal(text) == value
    assert not set("eE") & set(text)
    assert not ("." in text and text.endswith(("0", ".")))


ROWS = [
    ("VOICE", 3, Decimal("1.500000000"), 0.25, True),
    ("", 0, Decimal("0E-9"), 1e-9, False),
    (None, None, None, None, None),
]
CELLS = [("VOICE", "3", "1.5", "0.25", True), ("", "0", "0", "0.000000001", False), (None, None, None, None, None)]


def test_plain_rows_in_served_form() -> None:
    assert cells_of_rows(ROWS) == CELLS


def test_arrow_columns_give_the_same_cells() -> None:
    types = [pa.string(), pa.int64(), pa.decimal128(38, 9), pa.float64(), pa.bool_()]
    columns = [pa.array(column, type=kind) for column, kind in zip(zip(*ROWS, strict=True), types, strict=True)]
    assert cells_of_arrow(pa.table(columns, names=list("abcde"))) == CELLS


def test_a_value_without_a_served_form_is_a_defect() -> None:
    with pytest.raises(TypeError, match="bytes"):
        cells_of_rows([(b"x",)])


def test_the_body_keeps_null_and_empty_text_apart() -> None:
    body = answer_body([{"name": "a"}, {"name": "b"}], [("", None)], filters_applied=False)
    assert orjson.loads(body) == {
        "schema": [{"name": "a"}, {"name": "b"}],
        "rows": [{"values": ["", None]}],
        "filtersApplied": False,
    }
