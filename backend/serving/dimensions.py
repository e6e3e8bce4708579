"""The value in which a dimension is served: as SQL, and as the reading of the values that filters compare with it."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from backend.catalog import Dimension
from backend.forms import number_text
from backend.serving.parameters import Parameters
from backend.serving.request import Value

# Format codes that BigQuery's FORMAT_TIMESTAMP and Python's strftime share.
TIME_FORMATS = {
    "YEAR_MONTH_DAY": "%Y%m%d",
    "YEAR_MONTH_DAY_HOUR": "%Y%m%d%H",
    "YEAR_MONTH_DAY_SECOND": "%Y%m%d%H%M%S",
    "YEAR_WEEK": "%G%V",
    "HOUR": "%H",
    "DAY_OF_WEEK": "%w",
}
_DASHED_FORMATS = {
    "YEAR_MONTH_DAY": ("%Y-%m-%d",),
    "YEAR_MONTH_DAY_HOUR": ("%Y-%m-%d %H", "%Y-%m-%dT%H"),
    "YEAR_MONTH_DAY_SECOND": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}
_OFFSET_FORMAT = "%Ez"


def served_sql(dimension: Dimension, zone: ZoneInfo, parameters: Parameters) -> str:
    """The expression that yields the served value, or NULL."""
    value = parameters.fact(dimension.fact) if dimension.fact else f"t.{dimension.column}"
    match dimension.form:
        case "negated":
            return f"(NOT {value})"
        case "unsettled":
            settled = parameters.fact("settled_through")
            return f"({settled} IS NULL OR {value} >= {settled})"
    form = _OFFSET_FORMAT if dimension.form == "utc_offset" else TIME_FORMATS.get(dimension.type)
    if form is not None:
        name = parameters.add(zone.key) if dimension.zone == "local" else "'UTC'"
        return f"FORMAT_TIMESTAMP('{form}', {value}, {name})"
    text = f"UPPER({value})" if dimension.upper else value
    if not dimension.null_labels:
        return text
    cases = [f"WHEN {value} IS NOT NULL THEN {text}"]
    for label in dimension.null_labels:
        condition = f"WHEN t.{label.when} THEN" if label.when else "ELSE"
        cases.append(f"{condition} {parameters.add(label.label)}")
    return f"CASE {' '.join(cases)} END"


def served_value(dimension: Dimension, value: Value) -> str | bool | None:
    """A filter's value in the served form of the dimension; None where it does not fit."""
    text = _plain_text(value)
    if text is None or dimension.type == "TEXT":
        return text
    if dimension.type == "BOOLEAN":
        return {"true": True, "false": False}.get(text.lower())
    return _time_text(dimension.type, text)


def _plain_text(value: Value) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case str():
            return value


def _time_text(kind: str, text: str) -> str | None:
    match kind:
        case "HOUR":
            return text if re.fullmatch("[01][0-9]|2[0-3]", text) else None
        case "DAY_OF_WEEK":
            return text if re.fullmatch("[0-6]", text) else None
        case "YEAR_WEEK":
            return _week(text)
    compact = TIME_FORMATS[kind]
    for form in (compact, *_DASHED_FORMATS[kind]):
        moment = _moment(text, form)
        if moment is not None:
            return moment.strftime(compact)
    return None


def _week(text: str) -> str | None:
    """An ISO week as `202410`, `2024-10` or `2024-W10`."""
    parts = re.fullmatch("([0-9]{4})(?:-W?)?([0-9]{2})", text)
    if parts is None:
        return None
    try:
        date.fromisocalendar(int(parts[1]), int(parts[2]), 1)
    except ValueError:
        return None
    return parts[1] + parts[2]


def _moment(text: str, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return None
    # strptime also takes digits that are missing or of other scripts.
    return moment if moment.strftime(form) == text else None
