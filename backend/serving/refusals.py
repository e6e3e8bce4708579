"""The texts that refuse an answer over the limits, with what would fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.catalog import Dimension
from backend.serving.selection import Selection


@dataclass(frozen=True)
class Alternative:
    """Another form of the chart, and the grouping that its rows would have."""

    advice: str
    grouping: tuple[Dimension, ...]


def alternatives(selection: Selection) -> list[Alternative]:
    """The chart with one dimension less, or for single interactions the chart aggregated."""
    dimensions = selection.dimensions
    if selection.detail == "interaction":
        return [Alternative("With the level of detail 'aggregated'", dimensions)]
    return [
        Alternative(f"Without '{dropped.label}'", tuple(field for field in dimensions if field is not dropped))
        for dropped in dimensions
    ]


def best_fit(choices: Sequence[Alternative], counts: Sequence[int], fitting: int) -> str:
    """A sentence on what would fit: the alternative with fewest rows if that is enough, and a shorter period anyway."""
    general = "Choose a shorter period, add a filter or remove fields."
    if not choices:
        return general
    count, choice = min(zip(counts, choices, strict=True), key=lambda pair: pair[0])
    if count > fitting:
        return general
    return f"{choice.advice} it would be about {count:,} rows. Or choose a shorter period or add a filter."


def too_many_rows(rows: int, limit: int) -> str:
    return f"The chart asks for {rows:,} rows; one answer holds at most {limit:,}."


def too_many_bytes(rows: int, size: int, limit: int, fitting: int) -> str:
    return (
        f"The chart asks for {rows:,} rows, {size / 1e6:,.1f} MB; one answer holds at most {limit / 1e6:,.1f} MB, "
        f"about {fitting:,} such rows."
    )
