"""The exact text forms of values, the same wherever the service writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import overload


@overload
def rfc3339(moment: datetime) -> str: ...
@overload
def rfc3339(moment: None) -> None: ...
def rfc3339(moment: datetime | None) -> str | None:
    """An aware instant in UTC with milliseconds: `2024-03-10T06:59:59.000Z`; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_text(value: float | Decimal) -> str:
    """Decimal text without exponent and without zeros at its end: `918.737`."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
