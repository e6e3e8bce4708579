"""`python -m backend ...` as its user calls it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backend.catalog import load_catalog
from backend.cli import main
from backend.settings import settings_table
from tests.extraction.records import acd, conversation, metric

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "data" / "genesys-samples"
RECORD = conversation(acd("q1", metric("tAcd", 1_200)), identity="c1")
OTHER = conversation(identity="c2", end=None)


class Outcome(NamedTuple):
    code: int | str | None
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


type Command = Callable[..., Outcome]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """`command("flatten", file)`: exit code, output and error output."""

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["backend", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        return Outcome(ended.value.code, out.decode(), err.decode())

    return call


@pytest.fixture
def written(tmp_path: Path) -> Callable[[object], Path]:
    def write(content: object) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return file

    return write


def test_the_rows_of_the_published_samples(command: Command) -> None:
    done = command("flatten", SAMPLES / "chat-1.json", SAMPLES / "chat-2.json")
    assert (done.code, done.err) == (0, "")
    first, second = done.rows()
    names = ("wait_time", "talk_time", "hold_time", "handle_time", "outcome")
    assert [first[name] for name in names] == ["11.179", "374.561", "544.176", "918.737", "answered"]
    assert [second[name] for name in names] == ["6.384", "923.484", None, None, "open"]
    assert first["created_date"] == "2021-04-01T12:27:53.386Z"
    assert (second["created_date"], second["ended_date"]) == ("2021-04-02T15:30:51.418Z", None)


def test_keys_in_the_order_of_the_table_without_the_time_of_reading(
    command: Command, written: Callable[[object], Path]
) -> None:
    (row,) = command("flatten", written(RECORD)).rows()
    columns = [column.name for column in load_catalog()["interaction_details"].table.columns]
    assert [*row, "extracted_at"] == columns
    assert (row["queue_id"], row["queue_name"], row["wait_time"]) == ("q1", "q1", "1.2")
    assert (row["settled"], row["deleted_at"], row["updated_date"]) == (False, None, "2024-03-10T08:30:00.000Z")


@pytest.mark.parametrize(
    ("content", "identities"),
    [
        pytest.param(RECORD, ["c1"], id="a record"),
        pytest.param([RECORD, OTHER], ["c1", "c2"], id="a list"),
        pytest.param([], [], id="an empty list"),
        pytest.param({"conversations": [RECORD, OTHER], "totalHits": 2}, ["c1", "c2"], id="a page"),
        pytest.param({"totalHits": 0}, [], id="a page without conversations"),
        pytest.param({"conversations": [OTHER], "cursor": "x"}, ["c2"], id="a page of a job"),
    ],
)
def test_every_form_of_a_file(
    command: Command, written: Callable[[object], Path], content: object, identities: list[str]
) -> None:
    done = command("flatten", written(content))
    assert (done.code, done.err) == (0, "")
    assert [row["id"] for row in done.rows()] == identities


def test_standard_input(command: Command) -> None:
    done = command("flatten", "-", stdin=json.dumps([RECORD]).encode())
    assert (done.code, [row["id"] for row in done.rows()]) == (0, ["c1"])


def test_a_bad_record_is_named_and_the_others_are_printed(command: Command, written: Callable[[object], Path]) -> None:
    file = written([RECORD, OTHER | {"participants": {}}, {"conversationStart": "now"}, OTHER])
    done = command("flatten", file)
    assert done.code == 1
    assert [row["id"] for row in done.rows()] == ["c1", "c2"]
    first, second = done.err.splitlines()
    assert first.startswith(f"{file}: record 2 (c2): Expected `array")
    assert second.startswith(f"{file}: record 3: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b'{"conversationId"', "not JSON", id="broken"),
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"\xff\xfe", "not JSON", id="no text"),
        pytest.param(b"5", "not JSON of a record", id="a number"),
        pytest.param(b'{"entities": []}', "no record, list of records or page", id="another object"),
        pytest.param(b'{"conversations": 5}', "not JSON of a record", id="a page of another form"),
    ],
)
def test_a_file_that_holds_no_records(
    command: Command, written: Callable[[object], Path], content: bytes, reason: str
) -> None:
    file = written(content)
    done = command("flatten", file)
    assert (done.code, done.out) == (1, "")
    assert f"{file}: {reason}" in done.err
    assert "Traceback" not in done.err


def test_a_file_that_is_not_there(command: Command, tmp_path: Path) -> None:
    done = command("flatten", tmp_path / "missing.json")
    assert done.code == 2
    assert "missing.json' does not exist" in done.err


def test_the_documented_settings_are_the_settings(command: Command) -> None:
    table = command("settings").out
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").endswith(f"\n\n{table}")
    assert table.count("\n") == len(settings_table()) + 2


def test_settings_in_force_leave_out_secrets(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET", "BIGQUERY_PROJECT", "BIGQUERY_DATASET"):
        monkeypatch.setenv(name, "value")
    monkeypatch.setenv("GENESYS_REGION", "us-east-1")
    monkeypatch.setenv("TASKS_KEY", "hidden")
    monkeypatch.setenv("SECRET_KEY", "hidden")
    monkeypatch.setenv("CONNECTOR_API_KEYS", f"a:{'0' * 64}")
    monkeypatch.setenv("MAX_ROWS", "5")
    done = command("settings", "--in-force")
    assert json.loads(done.out)["MAX_ROWS"] == 5
    assert "hidden" not in done.out
    assert "0" * 64 not in done.out


def test_bad_settings_end_with_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for row in settings_table():
        monkeypatch.delenv(row["name"], raising=False)
    done = command("settings", "--in-force")
    assert isinstance(done.code, str)
    assert "TASKS_KEY is missing" in done.code
    assert "\n" not in done.code
