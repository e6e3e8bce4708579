"""A service with data that the commands of a test work on: a scripted source, an embedded BigQuery, the real clock."""

from datetime import UTC, datetime, timedelta

from backend.settings import Settings
from tests.extraction.organization import Clock
from tests.genesys.fakes import FakeGenesys
from tests.property.conversations import call
from tests.property.service import Service
from tests.property.source import Source

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


def operated(genesys: FakeGenesys, settings: Settings, environment: dict[str, str]) -> tuple[Source, Service]:
    """Three calls of yesterday, extracted; `environment` points the commands to the same places."""
    # Runs of the service move its clock on; the commands, which go by the real one, come after them.
    clock = Clock(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10))
    source = Source(genesys, clock)
    for number in range(3):
        source.put(call(f"call-{number}", YESTERDAY + timedelta(minutes=number)))
    service = Service(settings, clock)
    service.run("extract")
    environment |= {
        "GENESYS_API_URL": genesys.url,
        "GENESYS_LOGIN_URL": genesys.url,
        "GENESYS_REQUESTS_PER_MINUTE": "100000",
        "BIGQUERY_EMULATOR_HOST": str(settings.bigquery_emulator_host),
        "BIGQUERY_PROJECT": settings.bigquery_project,
        "BIGQUERY_DATASET": settings.bigquery_dataset,
    }
    return source, service
