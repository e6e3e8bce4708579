"""The application factory."""

from flask import Flask

from backend.catalog import load_catalog
from backend.extraction.context import make_tools
from backend.serving import Answers
from backend.settings import Settings, load_settings
from backend.warehouse.client import Warehouse
from backend.web import connector, status, tasks
from backend.web.failures import register_failures
from backend.web.incoming import MAX_BODY_BYTES
from backend.web.logs import configure_logging
from backend.web.services import EXTENSION, Services


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; settings come from the environment where none are given.

    Raises `SettingsError` or `SchemaFileError`; nothing is opened or created before the first request.
    """
    configure_logging()
    settings = settings or load_settings()
    catalog = load_catalog()
    warehouse = Warehouse(settings)
    app = Flask("backend", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.extensions[EXTENSION] = Services(
        settings, catalog, warehouse, Answers(settings, catalog, warehouse), make_tools(settings, catalog, warehouse)
    )
    register_failures(app)
    for blueprint in (connector.blueprint, tasks.blueprint, status.blueprint):
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", "healthz", _alive)
    return app


def _alive() -> dict[str, str]:
    return {"status": "ok"}
