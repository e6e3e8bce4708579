"""A few typed rows for the host's look at a field's type: constants, no query."""

from typing import Any

import orjson

from backend.catalog import Dimension
from backend.serving.selection import Field

_SAMPLES: dict[str, tuple[Any, Any]] = {
    "TEXT": ("Sample A", "Sample B"),
    "BOOLEAN": (True, False),
    "YEAR_MONTH_DAY": ("20240310", "20240311"),
    "YEAR_MONTH_DAY_HOUR": ("2024031007", "2024031108"),
    "YEAR_MONTH_DAY_SECOND": ("20240310065959", "20240311080000"),
    "YEAR_WEEK": ("202410", "202411"),
    "HOUR": ("07", "08"),
    "DAY_OF_WEEK": ("0", "1"),
    "NUMBER": ("12", "918.737"),
    "PERCENT": ("0.25", "0.5"),
}
_OFFSETS = ("+01:00", "-05:00")


def sample_rows(fields: tuple[Field, ...]) -> bytes:
    """Two rows as JSON text, each ended by a comma."""
    columns = [_values(field) for field in fields]
    return b"".join(orjson.dumps({"values": row}) + b"," for row in zip(*columns, strict=True))


def _values(field: Field) -> tuple[Any, Any]:
    if isinstance(field, Dimension) and field.form == "utc_offset":
        return _OFFSETS
    return _SAMPLES[field.type]
