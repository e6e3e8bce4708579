"""The declared fields: `schema/*.yaml` as frozen objects, and the shapes that follow from them."""

from backend.catalog.fields import Dimension, Metric, Ratio, Switch
from backend.catalog.loading import load_catalog
from backend.catalog.looker import looker_field, looker_schema
from backend.catalog.model import Column, Dataset, Table

__all__ = [
    "Column",
    "Dataset",
    "Dimension",
    "Metric",
    "Ratio",
    "Switch",
    "Table",
    "load_catalog",
    "looker_field",
    "looker_schema",
]
