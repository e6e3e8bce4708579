"""Settings from the environment: what is refused, and that a secret never shows."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from google.api_core.exceptions import PermissionDenied
from google.cloud import secretmanager

from backend.errors import SettingsError
from backend.settings import Secret, effective_settings, load_settings, settings_table

DIGEST = hashlib.sha256(b"key").hexdigest()
HIDDEN = "hidden-value-of-a-secret"
RESOURCE = "projects/p/secrets/s/versions/latest"
REQUIRED = {
    "GENESYS_REGION": "us-east-1",
    "GENESYS_CLIENT_ID": "client",
    "GENESYS_CLIENT_SECRET": HIDDEN,
    "BIGQUERY_PROJECT": "project",
    "BIGQUERY_DATASET": "genesys",
    "TASKS_KEY": HIDDEN,
    "SECRET_KEY": HIDDEN,
    "CONNECTOR_API_KEYS": f"tests:{DIGEST}",
}

type SetEnvironment = Callable[[dict[str, str | None]], None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> SetEnvironment:
    """Exactly the required settings, with these changes (None removes one)."""

    def set_to(changes: dict[str, str | None]) -> None:
        for row in settings_table():
            monkeypatch.delenv(row["name"], raising=False)
        for name, value in (REQUIRED | changes).items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return set_to


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return str(refused.value)


def test_the_required_settings_are_enough_and_the_rest_has_its_defaults(environment: SetEnvironment) -> None:
    environment({})
    settings = load_settings()
    assert (settings.genesys_requests_per_minute, settings.genesys_timeout_seconds) == (240, 30)
    assert settings.extract_start is None
    assert (settings.extract_lookback_minutes, settings.extract_delay_seconds) == (180, 60)
    assert (settings.run_deadline_seconds, settings.lease_seconds) == (540, 60)
    assert (settings.max_rows, settings.max_answer_bytes) == (1_000_000, 40_000_000)
    assert settings.connector_api_keys == {DIGEST: "tests"}


@pytest.mark.parametrize("name", [name for name in REQUIRED if name not in ("GENESYS_REGION", "CONNECTOR_API_KEYS")])
@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_a_missing_setting_is_named(environment: SetEnvironment, name: str, value: str | None) -> None:
    environment({name: value})
    assert refusal() == f"{name} is missing"


def test_every_missing_setting_is_named_in_the_one_line(environment: SetEnvironment) -> None:
    environment({"BIGQUERY_PROJECT": None, "TASKS_KEY": None, "MAX_ROWS": "many"})
    said = refusal()
    assert "\n" not in said
    for name in ("BIGQUERY_PROJECT is missing", "TASKS_KEY is missing", "MAX_ROWS: "):
        assert name in said


API, LOGIN = "https://api.example.org", "https://login.example.org"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"GENESYS_REGION": None}, "GENESYS_REGION is missing", id="no address"),
        pytest.param({"GENESYS_API_URL": API}, "GENESYS_API_URL and GENESYS_LOGIN_URL are set together", id="half"),
        pytest.param({"GENESYS_LOGIN_URL": LOGIN}, "GENESYS_API_URL and GENESYS_LOGIN_URL", id="other half"),
        pytest.param({"CONNECTOR_API_KEYS": None}, "CONNECTOR_API_KEYS is missing", id="nobody could ask"),
        pytest.param(
            {"CONNECTOR_API_KEYS": None, "CONNECTOR_AUDIENCES": "a"}, "CONNECTOR_ALLOWED_DOMAINS or", id="anybody could"
        ),
    ],
)
def test_sets_that_belong_together(environment: SetEnvironment, changes: dict[str, str | None], said: str) -> None:
    environment(changes)
    assert refusal().startswith(said)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"GENESYS_REGION": None, "GENESYS_API_URL": API, "GENESYS_LOGIN_URL": LOGIN}, id="addresses"),
        pytest.param(
            {"CONNECTOR_API_KEYS": None, "CONNECTOR_AUDIENCES": "a", "CONNECTOR_ALLOWED_DOMAINS": "d"}, id="domains"
        ),
        pytest.param(
            {"CONNECTOR_API_KEYS": None, "CONNECTOR_AUDIENCES": "a", "CONNECTOR_ALLOWED_EMAILS": "e"}, id="emails"
        ),
    ],
)
def test_the_other_ways_to_complete_them(environment: SetEnvironment, changes: dict[str, str | None]) -> None:
    environment(changes)
    assert load_settings().tasks_key.value == HIDDEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GENESYS_API_URL", "api.mypurecloud.com"),
        ("GENESYS_LOGIN_URL", "https://login.example.org/?a=b"),
        ("GENESYS_REQUESTS_PER_MINUTE", "0"),
        ("GENESYS_REQUESTS_PER_MINUTE", "fast"),
        ("GENESYS_TIMEOUT_SECONDS", "0"),
        ("EXTRACT_START", "10.03.2024"),
        ("EXTRACT_START", "2024-02-30"),
        ("EXTRACT_LOOKBACK_MINUTES", "-1"),
        ("EXTRACT_DELAY_SECONDS", "1.5"),
        ("RUN_DEADLINE_SECONDS", "9"),
        ("LEASE_SECONDS", "4"),
        ("BIGQUERY_PROJECT", "a b"),
        ("BIGQUERY_PROJECT", "a`b"),
        ("BIGQUERY_DATASET", "my-dataset"),
        ("BIGQUERY_EMULATOR_HOST", "127.0.0.1:9050"),
        ("BIGQUERY_STORAGE_EMULATOR_HOST", "http://127.0.0.1:9060"),
        ("CONNECTOR_API_KEYS", DIGEST),
        ("CONNECTOR_API_KEYS", f"tests:{DIGEST[:-1]}"),
        ("CONNECTOR_API_KEYS", f"tests:{DIGEST},other"),
        ("MAX_ROWS", "1000001"),
        ("MAX_ROWS", "0"),
        ("MAX_ANSWER_BYTES", "999"),
        ("MAX_BYTES_BILLED", "0"),
        ("QUERY_TIMEOUT_SECONDS", "301"),
    ],
)
def test_a_malformed_value_is_one_line_that_names_the_setting(
    environment: SetEnvironment, name: str, value: str
) -> None:
    environment({name: value})
    said = refusal()
    assert said.startswith(f"{name}: ")
    assert "\n" not in said
    assert HIDDEN not in said
    assert DIGEST[:20] not in said


def test_several_keys_with_blanks_and_capitals(environment: SetEnvironment) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    environment({"CONNECTOR_API_KEYS": f" tests:{DIGEST.upper()} , team:a:{other},"})
    assert load_settings().connector_api_keys == {DIGEST: "tests", other: "team:a"}


def test_lists_are_split_at_commas(environment: SetEnvironment) -> None:
    environment({"CONNECTOR_AUDIENCES": "one, two,", "CONNECTOR_ALLOWED_DOMAINS": "example.org"})
    settings = load_settings()
    assert (settings.connector_audiences, settings.connector_allowed_domains) == (("one", "two"), ("example.org",))


def test_secrets_from_files_without_the_line_end(environment: SetEnvironment, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{HIDDEN}\n")
    (tmp_path / "keys").write_text(f"tests:{DIGEST}\n")
    environment({"GENESYS_CLIENT_SECRET": f"file:{tmp_path}/secret", "CONNECTOR_API_KEYS": f"file:{tmp_path}/keys"})
    settings = load_settings()
    assert settings.genesys_client_secret.value == HIDDEN
    assert settings.connector_api_keys == {DIGEST: "tests"}


@pytest.mark.parametrize("name", ["GENESYS_CLIENT_SECRET", "TASKS_KEY", "SECRET_KEY", "CONNECTOR_API_KEYS"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (FileNotFoundError)"),
        ("\n", "is empty"),
        (b"\xff", "cannot be read (UnicodeDecodeError)"),
    ],
    ids=["missing", "empty", "no text"],
)
def test_a_secrets_file_that_does_not_serve(
    environment: SetEnvironment, tmp_path: Path, name: str, content: str | bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content if isinstance(content, bytes) else content.encode())
    environment({name: f"file:{tmp_path}/secret"})
    said = refusal()
    assert said.startswith(f"{name}: ")
    assert reason in said


class FakeSecretManager:
    """In place of the client of Secret Manager: one secret, whose value can be changed or refused."""

    value = b""
    asked: list[str]

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, *, transport: str) -> "FakeSecretManager":
        assert transport == "rest", "a gRPC channel does not survive the fork of workers"
        return self

    def access_secret_version(self, *, name: str, timeout: float) -> SimpleNamespace:
        self.asked.append(name)
        if not self.value:
            raise PermissionDenied("no access")
        return SimpleNamespace(payload=SimpleNamespace(data=self.value))


@pytest.fixture
def secret_manager(monkeypatch: pytest.MonkeyPatch) -> FakeSecretManager:
    fake = FakeSecretManager()
    monkeypatch.setattr(secretmanager, "SecretManagerServiceClient", fake)
    return fake


def test_secrets_from_secret_manager(environment: SetEnvironment, secret_manager: FakeSecretManager) -> None:
    secret_manager.value = f"{HIDDEN}\n".encode()
    environment({"TASKS_KEY": RESOURCE})
    assert load_settings().tasks_key.value == HIDDEN
    assert secret_manager.asked == [RESOURCE]


def test_a_refusal_by_secret_manager_names_setting_and_resource(
    environment: SetEnvironment, secret_manager: FakeSecretManager
) -> None:
    environment({"TASKS_KEY": RESOURCE})
    assert refusal() == f"TASKS_KEY: Secret Manager refused {RESOURCE} (PermissionDenied)"


def test_a_secret_is_read_again_from_its_source(tmp_path: Path, secret_manager: FakeSecretManager) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    secret_manager.value = b"old"
    secrets = [Secret(f"file:{file}"), Secret(RESOURCE), Secret("literal")]
    file.write_text("new")
    secret_manager.value = b"new"
    assert [secret.reread().value for secret in secrets] == ["new", "new", "literal"]
    assert [secret.value for secret in secrets] == ["old", "old", "literal"]


def test_a_source_that_is_gone_is_a_named_error(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old")
    secret = Secret(f"file:{file}")
    file.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        secret.reread()


def test_no_secret_shows_in_what_may_be_printed(environment: SetEnvironment) -> None:
    environment({})
    settings = load_settings()
    for shown in (repr(settings), str(settings.model_dump()), str(effective_settings(settings))):
        assert HIDDEN not in shown
    assert "TASKS_KEY" not in effective_settings(settings)
    assert effective_settings(settings)["MAX_ROWS"] == 1_000_000


def test_the_secret_settings_are_marked() -> None:
    marked = [row["name"] for row in settings_table() if row["secret"]]
    assert sorted(marked) == [
        "ALERT_WEBHOOK_URL",
        "CONNECTOR_API_KEYS",
        "GENESYS_CLIENT_SECRET",
        "SECRET_KEY",
        "TASKS_KEY",
    ]
