from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from backend.forms import number_text, rfc3339

KATHMANDU = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(datetime(2024, 3, 10, 6, 59, 59, tzinfo=UTC), "2024-03-10T06:59:59.000Z", id="whole second"),
        pytest.param(datetime(2024, 3, 10, 6, 59, 59, 7_999, UTC), "2024-03-10T06:59:59.007Z", id="cut, not rounded"),
        pytest.param(datetime(2024, 3, 10, 0, 15, tzinfo=KATHMANDU), "2024-03-09T18:30:00.000Z", id="another zone"),
        pytest.param(None, None, id="none"),
    ],
)
def test_instants_have_milliseconds_and_z(moment: datetime | None, text: str | None) -> None:
    assert rfc3339(moment) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("918.737"), "918.737"),
        (Decimal("918.700"), "918.7"),
        (Decimal("5097600.919000000"), "5097600.919"),
        (Decimal(1200), "1200"),
        (Decimal("1.2E+3"), "1200"),
        (Decimal("-0.0"), "0"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
    ],
    ids=str,
)
def test_numbers_have_no_exponent_and_no_zeros_at_the_end(value: float | Decimal, text: str) -> None:
    assert number_text(value) == text
