"""A dataset's fields as Looker Studio's getSchema and getData want them: raw JSON, keys left out where not set."""

from typing import Any

from backend.catalog.fields import Dimension, Metric, Ratio
from backend.catalog.model import Dataset

_DATA_TYPES = {"NUMBER": "NUMBER", "PERCENT": "NUMBER", "BOOLEAN": "BOOLEAN"}


def looker_schema(dataset: Dataset) -> list[dict[str, Any]]:
    """The whole schema, hidden fields included, in the order of the file."""
    return [looker_field(field) for field in dataset.fields]


def looker_field(field: Dimension | Metric | Ratio) -> dict[str, Any]:
    """One field: `name`, `label`, `dataType`, `semantics` and what else applies to its kind."""
    shape: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "group": field.group,
        "dataType": _DATA_TYPES.get(field.type, "STRING"),
    }
    if field.default:
        shape["isDefault"] = True
    match field:
        case Dimension():
            shape["semantics"] = {"conceptType": "DIMENSION", "semanticType": field.type}
        case Metric():
            if field.hidden:
                shape["isHidden"] = True
            shape["defaultAggregationType"] = "SUM"
            shape["semantics"] = {"conceptType": "METRIC", "semanticType": field.type, "isReaggregatable": True}
        case Ratio():
            shape["formula"] = f"SUM(${field.numerator}) / SUM(${field.denominator})"
            shape["defaultAggregationType"] = "AUTO"
            shape["semantics"] = {"conceptType": "METRIC", "semanticType": field.type, "isReaggregatable": False}
    return shape
