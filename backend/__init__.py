"""Backend of the Genesys Cloud connector for Looker Studio: extraction into BigQuery, and the connector's answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from backend.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The WSGI application, see `backend.web.app`; imported when called, so that the command line starts quickly."""
    from backend.web.app import create_app as create

    return create(settings)
