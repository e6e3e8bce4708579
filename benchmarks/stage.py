"""What the serving benchmark runs on: an embedded BigQuery full of interactions, and the service under gunicorn."""

import hashlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import requests
from google.cloud import bigquery

from backend.catalog import load_catalog
from backend.settings import Settings
from backend.warehouse.client import Warehouse
from backend.warehouse.tables import create_missing_tables
from sandbox.bigquery import LocalBigQuery
from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import child_process

ROOT = Path(__file__).parents[1]
KEY = "key-of-the-benchmark-0123456789-0123456789"
HEADERS = {"Authorization": f"Bearer {KEY}", "Accept-Encoding": "gzip"}
FIRST_DAY, DAYS = np.datetime64("2024-03-01T00:00:00", "us"), 31
QUEUES, AGENTS = 40, 300

# How many different values a text column has.
_TEXTS = {
    "queue_name": ("Queue", QUEUES),
    "agent_name": ("Agent", AGENTS),
    "skill_name": ("Skill", 8),
    "team_name": ("Team", 15),
    "location_name": ("Location", 5),
    "disposition_code": ("Code", 12),
}
_CHANNELS, _DIRECTIONS, _OUTCOMES = (
    ("voice", "chat", "email", "message"),
    ("inbound", "outbound"),
    ("answered", "abandoned"),
)


@dataclass(frozen=True)
class Stage:
    """A filled warehouse; `rows` conversations over `DAYS` days from `FIRST_DAY` on."""

    settings: dict[str, str]
    warehouse: Warehouse
    rows: int


@dataclass(frozen=True)
class Service:
    """The service at an address, and the ids of its processes."""

    url: str
    pid: int

    def data(self, body: dict[str, Any], session: requests.Session) -> requests.Response:
        """One getData request, its answer read as it was sent."""
        answer = session.post(f"{self.url}/v1/data", json=body, headers=HEADERS, timeout=300)
        answer.raise_for_status()
        return answer

    def packed(self, body: dict[str, Any], session: requests.Session) -> bytes:
        """One answer as it was sent: unpacking it is the client's affair."""
        with session.post(f"{self.url}/v1/data", json=body, headers=HEADERS, timeout=300, stream=True) as answer:
            answer.raise_for_status()
            return b"".join(answer.raw.stream(1 << 16, decode_content=False))

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(child) for child in children]


@contextmanager
def stage(rows: int) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as folder, _engine(Path(folder)) as engine:
        environment = {
            "GENESYS_REGION": "us-east-1",
            "GENESYS_CLIENT_ID": "none",
            "GENESYS_CLIENT_SECRET": "none",
            "BIGQUERY_PROJECT": "benchmark",
            "BIGQUERY_DATASET": "genesys",
            "BIGQUERY_EMULATOR_HOST": engine.host,
            "BIGQUERY_STORAGE_EMULATOR_HOST": engine.storage_host,
            "CONNECTOR_API_KEYS": f"benchmark:{hashlib.sha256(KEY.encode()).hexdigest()}",
            "TASKS_KEY": "none",
            "SECRET_KEY": "none",
        }
        settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
        warehouse = Warehouse(settings)
        create_missing_tables(warehouse, load_catalog())
        _load(warehouse, rows)
        yield Stage(environment, warehouse, rows)


def _engine(folder: Path) -> LocalBigQuery:
    return LocalBigQuery(folder, "benchmark", ROOT / ".local" / "cache")


@contextmanager
def service(of: Stage, app: str = "backend:create_app()", **settings: str) -> Iterator[Service]:
    """The service (or another application) under gunicorn as it is deployed, with these settings besides."""
    address = f"{LOOPBACK}:{free_port()}"
    with Path(os.devnull).open("wb") as nowhere:
        process = child_process(
            [sys.executable, "-m", "gunicorn", "--bind", address, app],
            env={"PATH": os.environ["PATH"], **of.settings, **settings},
            stdout=nowhere,
        )
    try:
        _wait_until_alive(f"http://{address}")
        yield Service(f"http://{address}", process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_alive(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/healthz", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")


def _load(warehouse: Warehouse, rows: int) -> None:
    buffer = io.BytesIO()
    pq.write_table(interactions(rows), buffer)
    buffer.seek(0)
    table = warehouse.client.get_table(warehouse.reference("interaction_details"))
    config = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET, schema=table.schema)
    warehouse.client.load_table_from_file(buffer, table.reference, job_config=config).result(timeout=600)


def interactions(rows: int) -> pa.Table:
    """Conversations in no order, their starts spread over the days as over a working week, times exact to the ms."""
    chance = np.random.default_rng(20240310)
    seconds = np.sort(chance.integers(0, DAYS * 86_400, rows))
    created = FIRST_DAY + (seconds * 1_000_000 + chance.integers(0, 1_000, rows) * 1_000).astype("timedelta64[us]")
    moment = pa.array(created, pa.timestamp("us", tz="UTC"))
    answered = chance.random(rows) < 0.85
    columns: dict[str, pa.Array] = {
        "id": pc.binary_join_element_wise("conversation-", pc.cast(pa.array(np.arange(rows)), pa.string()), ""),
        "created_date": moment,
        "updated_date": moment,
        "channel": _texts(_CHANNELS, rows, chance),
        "direction": _texts(_DIRECTIONS, rows, chance),
        "outcome": _texts(_OUTCOMES, rows, chance),
        "answered": pa.array(answered),
        "abandoned": pa.array(~answered),
        "record_hash": pa.array(["hash"]).take(pa.array(np.zeros(rows, dtype=int))),
        "extracted_at": moment,
    }
    columns |= {name: _texts([f"{word} {i:03}" for i in range(n)], rows, chance) for name, (word, n) in _TEXTS.items()}
    columns |= {name: pa.array(np.zeros(rows, dtype=bool)) for name in ("transferred", "settled")}
    for name in ("wait_time", "talk_time", "hold_time", "wrap_up_time", "handle_time"):
        columns[name] = _seconds(chance.integers(0, 900_000, rows))
    nothing = pa.nulls(rows, pa.string())
    columns |= dict.fromkeys(("queue_id", "first_queue_name", "agent_id"), nothing)
    columns |= dict.fromkeys(("ended_date", "deleted_at"), pa.nulls(rows, moment.type))
    return pa.table(columns)


def _texts(values: list[str] | tuple[str, ...], rows: int, chance: np.random.Generator) -> pa.Array:
    return pa.array(values).take(pa.array(chance.integers(0, len(values), rows)))


def _seconds(milliseconds: np.ndarray) -> pa.Array:
    whole = pc.cast(pa.array(milliseconds), pa.decimal128(19, 0))
    return pc.cast(pc.multiply(whole, pa.scalar(Decimal("0.001"), pa.decimal128(4, 3))), pa.decimal128(38, 9))
