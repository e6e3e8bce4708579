"""The routes that the connector script calls: `/v1/config`, `/v1/schema`, `/v1/data`, `/v1/credentials`."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from backend.serving.bodies import Body
from backend.web.identity import require_connector_key
from backend.web.incoming import read_body
from backend.web.services import services

blueprint = Blueprint("connector", __name__, url_prefix="/v1")


@blueprint.before_request
def _authorize() -> None:
    g.caller = require_connector_key(services().settings)


@blueprint.post("/config")
def config() -> dict[str, Any]:
    return services().answers.config(read_body())


@blueprint.post("/schema")
def schema() -> dict[str, Any]:
    return services().answers.schema(read_body())


@blueprint.post("/data")
def data() -> Response:
    answer = services().answers.data(read_body(), g.caller)
    if not isinstance(answer, Body):
        return jsonify(answer)
    packed = request.accept_encodings["gzip"] > 0
    response = Response(answer.compressed if packed else answer.json(), mimetype="application/json")
    if packed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    return response


@blueprint.post("/credentials")
def credentials() -> dict[str, Any]:
    return services().answers.credentials(read_body())
