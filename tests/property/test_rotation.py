"""The OAuth client's secret changes while the service runs."""

from base64 import b64decode
from pathlib import Path

import pytest

from backend.extraction.runs import RunFailedError
from tests.genesys.fakes import Received, Reply, grant
from tests.property.conftest import MakeService
from tests.property.source import Source


def test_a_rotated_secret_is_read_again_and_a_wrong_one_fails_until_it_is_mended(
    source: Source, service: MakeService, tmp_path: Path
) -> None:
    accepted = "first-secret"

    def token(request: Received) -> Reply:
        secret = b64decode(request.authorization.removeprefix("Basic ")).decode().partition(":")[2]
        return grant() if secret == accepted else Reply({"error": "invalid_client"}, 401)

    source.fake.on("/oauth/token", token)
    kept = tmp_path / "secret"
    kept.write_text("first-secret")
    pipeline = service(genesys_client_secret=f"file:{kept}")
    assert pipeline.run("extract").status == "ok"

    accepted = "second-secret"
    with pytest.raises(RunFailedError, match="its secret, read again, is the same") as failed:
        pipeline.run("extract")
    assert failed.value.error.code == "genesys_auth"
    watermark = pipeline.state()["watermark"]

    kept.write_text("second-secret\n")
    answer = pipeline.run("extract")
    assert answer.watermark is not None
    assert answer.watermark > watermark
