"""What the routes work with, made once an application."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

from backend.catalog import Dataset
from backend.extraction.context import Tools
from backend.serving import Answers
from backend.settings import Settings
from backend.warehouse.client import Warehouse

EXTENSION = "connector"


@dataclass(frozen=True)
class Services:
    settings: Settings
    catalog: Mapping[str, Dataset]
    warehouse: Warehouse
    answers: Answers
    tools: Tools


def services() -> Services:
    """Those of the application that handles this request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)
    return found
