"""The routes that the connector script calls: `/v1/config`, `/v1/schema`, `/v1/data`, `/v1/credentials`."""

from typing import Any

from flask import Blueprint, Response, g, request

from backend.web.identity import require_connector_key
from backend.web.services import services

blueprint = Blueprint("connector", __name__, url_prefix="/v1")


@blueprint.before_request
def _authorize() -> None:
    g.caller = require_connector_key(services().settings)


@blueprint.post("/config")
def config() -> dict[str, Any]:
    return services().answers.config(request.get_data())


@blueprint.post("/schema")
def schema() -> dict[str, Any]:
    return services().answers.schema(request.get_data())


@blueprint.post("/data")
def data() -> Response:
    return Response(services().answers.data(request.get_data(), g.caller), mimetype="application/json")


@blueprint.post("/credentials")
def credentials() -> dict[str, Any]:
    return {"valid": True}
