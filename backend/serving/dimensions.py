"""The text in which a dimension is served: as SQL, and as the reading of the values that filters compare with it."""

from datetime import datetime

from backend.catalog import Dimension
from backend.serving.parameters import Parameters
from backend.serving.request import Value
from backend.serving.rows import number_text

# Format codes that BigQuery's FORMAT_TIMESTAMP and Python's strftime share.
TIME_FORMATS = {
    "YEAR_MONTH_DAY": "%Y%m%d",
    "YEAR_MONTH_DAY_HOUR": "%Y%m%d%H",
    "YEAR_MONTH_DAY_SECOND": "%Y%m%d%H%M%S",
}
_DASHED_FORMATS = {
    "YEAR_MONTH_DAY": ("%Y-%m-%d",),
    "YEAR_MONTH_DAY_HOUR": ("%Y-%m-%d %H", "%Y-%m-%dT%H"),
    "YEAR_MONTH_DAY_SECOND": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}


def served_sql(dimension: Dimension, parameters: Parameters) -> str:
    """The expression that yields the served text, or NULL."""
    column = f"t.{dimension.column}"
    if dimension.type in TIME_FORMATS:
        return f"FORMAT_TIMESTAMP('{TIME_FORMATS[dimension.type]}', {column}, 'UTC')"
    text = f"UPPER({column})" if dimension.upper else column
    if not dimension.null_labels:
        return text
    cases = [f"WHEN {column} IS NOT NULL THEN {text}"]
    for label in dimension.null_labels:
        condition = f"WHEN t.{label.when} THEN" if label.when else "ELSE"
        cases.append(f"{condition} {parameters.add(label.label)}")
    return f"CASE {' '.join(cases)} END"


def served_value(dimension: Dimension, value: Value) -> str | None:
    """A filter's value in the served form of the dimension; None where it does not fit."""
    text = _plain_text(value)
    if text is None or dimension.type not in TIME_FORMATS:
        return text
    compact = TIME_FORMATS[dimension.type]
    for form in (compact, *_DASHED_FORMATS[dimension.type]):
        moment = _moment(text, form)
        if moment is not None:
            return moment.strftime(compact)
    return None


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


def _moment(text: str, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return None
    # strptime also takes digits that are missing or of other scripts.
    return moment if moment.strftime(form) == text else None
