import gzip

import orjson
import pytest

from backend.serving import bodies
from backend.serving.bodies import TooManyBytesError, compressed, data_body

SCHEMA = [{"name": "a"}]
ROWS: list[bytes | memoryview] = [b'{"values":["1"]},', b"", memoryview(b'{"values":["2"]},{"values":[null]},')]


@pytest.mark.parametrize("piece", [1 << 20, 8], ids=["whole", "in pieces"])
def test_the_body_is_put_together(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(bodies, "_PIECE_BYTES", piece)
    body = data_body(SCHEMA, ROWS, filters_applied=False, limit=1_000)
    json = gzip.decompress(body.compressed)
    assert orjson.loads(json) == {
        "schema": SCHEMA,
        "rows": [{"values": ["1"]}, {"values": ["2"]}, {"values": [None]}],
        "filtersApplied": False,
    }
    assert (body.json(), body.size) == (json, len(json))


def test_no_rows_are_an_empty_list() -> None:
    body = data_body(SCHEMA, [b""], filters_applied=True, limit=1_000)
    assert orjson.loads(body.json())["rows"] == []


def test_a_body_above_the_limit_is_refused_before_all_is_read() -> None:
    size = data_body(SCHEMA, ROWS, filters_applied=False, limit=1_000).size
    assert data_body(SCHEMA, ROWS, filters_applied=False, limit=size).size == size
    read = []

    def endless() -> bytes:
        read.append(1)
        return b"x" * 100

    with pytest.raises(TooManyBytesError):
        data_body(SCHEMA, iter(endless, None), filters_applied=False, limit=1_000)
    assert len(read) < 15


def test_an_explanation_is_compressed_like_an_answer() -> None:
    assert gzip.decompress(compressed(b'{"a":1}').compressed) == b'{"a":1}'
