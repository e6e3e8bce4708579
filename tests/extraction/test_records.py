"""Records that cannot become a row: refused with their id and what is wrong, and where."""

import pytest

from backend.extraction.records import RecordError, decode_conversation
from tests.extraction.records import Json, acd, conversation, flat, metric


@pytest.mark.parametrize(
    ("raw", "identity", "reason"),
    [
        pytest.param(b'{"conversationId":"c1"', None, "truncated", id="broken JSON"),
        pytest.param(b"[]", None, "Expected `object`", id="no object"),
        pytest.param(b'{"conversationStart":"2024-03-10T08:00:00Z"}', None, "conversationId", id="no id"),
        pytest.param(
            b'{"conversationId":5,"conversationStart":"2024-03-10T08:00:00Z"}', None, "conversationId", id="id"
        ),
        pytest.param(b'{"conversationId":"c1"}', "c1", "conversationStart", id="no start"),
        pytest.param(
            b'{"conversationId":"c1","conversationStart":"2024-03-10T08:00:00"}', "c1", "timezone", id="naive"
        ),
        pytest.param(b'{"conversationId":"c1","conversationStart":"2024-3-1T8:00Z"}', "c1", "RFC3339", id="one digit"),
        pytest.param(
            b'{"conversationId":"c1","conversationStart":"2024-03-10T08:00:00Z","participants":{}}',
            "c1",
            "$.participants",
            id="wrong type",
        ),
    ],
)
def test_a_record_that_is_none_says_why(raw: bytes, identity: str | None, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        decode_conversation(raw)
    assert refused.value.conversation_id == identity
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(
            conversation(acd("q", metric("tAcd", 2**63))),
            r"9223372036854775807 - at .*\.metrics\[0\]\.value",
            id="value",
        ),
        pytest.param(conversation(acd("q", metric("tAcd", 1e300))), r"metrics\[0\]\.value", id="floating value"),
        pytest.param(
            conversation() | {"conversationStart": "9999-12-31T23:59:59-05:00"}, "date is out of", id="no UTC"
        ),
        pytest.param(
            conversation() | {"conversationStart": "9999-12-31T12:00:00Z"}, "date is out of", id="no next day"
        ),
        pytest.param(
            conversation() | {"conversationStart": "0001-01-01T00:00:00+05:00"}, "date is out of", id="year 0"
        ),
    ],
)
def test_a_value_that_fits_no_table_spoils_its_record_only(record: Json, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        flat(record)


def test_the_largest_value_fits() -> None:
    assert flat(conversation(acd("q", metric("tAcd", 2**63 - 1)))).wait_ms == 2**63 - 1
