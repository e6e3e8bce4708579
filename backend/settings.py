"""Every setting of the service in one table: name, type, default, unit, help, and whether it is a secret.

Values come from the environment, under the field's name in upper case; an empty value counts as absent. A secret is a
literal, `file:PATH`, or a Secret Manager resource name (`projects/P/secrets/S/versions/V`).
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from backend.errors import SettingsError

_SECRET_RESOURCE = re.compile(r"projects/[^/]+/secrets/[^/]+/versions/[^/]+")


class Secret:
    """A secret and where it comes from; only `value` shows it, `repr` and logs never do."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.value = _read_secret(reference)

    def __repr__(self) -> str:
        return "Secret(***)"

    def reread(self) -> "Secret":
        """The secret as its source holds it now; the same one where it was given literally.

        Raises `SettingsError` where the source can no longer be read.
        """
        try:
            return Secret(self.reference)
        except ValueError as error:
            raise SettingsError(str(error)) from error


def _read_secret(reference: str) -> str:
    if reference.startswith("file:"):
        path = Path(reference.removeprefix("file:"))
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the secret's file {path} cannot be read ({type(error).__name__})") from error
    elif _SECRET_RESOURCE.fullmatch(reference):
        value = _read_secret_manager(reference)
    else:
        value = reference
    if not value:
        raise ValueError("the secret is empty")
    return value


def _read_secret_manager(resource: str) -> str:
    from google.api_core.exceptions import GoogleAPIError  # heavy, and needed by few
    from google.auth.exceptions import GoogleAuthError
    from google.cloud import secretmanager

    try:
        # By REST: gunicorn's workers fork from this process, and a gRPC channel does not survive that.
        client = secretmanager.SecretManagerServiceClient(transport="rest")
        answer = client.access_secret_version(name=resource, timeout=30)
    except (GoogleAPIError, GoogleAuthError) as error:
        raise ValueError(f"Secret Manager refused {resource} ({type(error).__name__})") from error
    return answer.payload.data.decode("utf-8").strip()


def _base_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("expected an address such as https://api.mypurecloud.com")
    return value.rstrip("/")


def _api_keys(reference: object) -> object:
    """`name:sha256hex, ...` (or a reference to a secret that holds it) as `{sha256hex: name}`."""
    if not isinstance(reference, str):
        return reference
    keys: dict[str, str] = {}
    for entry in _split(_read_secret(reference)):
        name, _, digest = entry.rpartition(":")
        if not name or not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
            raise ValueError("expected comma-separated name:sha256hex entries (64 hexadecimal digits each)")
        keys[digest.lower()] = name
    return keys


def _split(value: object) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


type BaseUrl = Annotated[str, AfterValidator(_base_url)]
type Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
type ApiKeys = Annotated[dict[str, str], NoDecode, BeforeValidator(_api_keys)]
type SecretText = Annotated[Secret, BeforeValidator(lambda value: Secret(value) if isinstance(value, str) else value)]


def _setting(help_text: str, *, unit: str = "", default: Any = ..., **limits: Any) -> Any:
    return Field(default, description=help_text, json_schema_extra={"unit": unit}, **limits)


class Settings(BaseSettings):
    """The table. Frozen; one object a process, made by `load_settings`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, arbitrary_types_allowed=True)

    genesys_region: str | None = _setting(
        "AWS region name (`us-east-1`) or domain (`mypurecloud.com`) of the Genesys Cloud organisation.", default=None
    )
    genesys_api_url: BaseUrl | None = _setting(
        "API base address; with GENESYS_LOGIN_URL, instead of the region.", default=None
    )
    genesys_login_url: BaseUrl | None = _setting(
        "Login base address; with GENESYS_API_URL, instead of the region.", default=None
    )
    genesys_client_id: str = _setting("Id of the OAuth client (client credentials grant).")
    genesys_client_secret: SecretText = _setting(
        "Secret of the OAuth client; from a file or Secret Manager it is read again once when the client is refused."
    )
    genesys_requests_per_minute: int = _setting(
        "Ceiling for requests to Genesys in any minute, held across runs and workers.",
        unit="requests",
        default=240,
        ge=1,
        le=100_000,
    )
    genesys_timeout_seconds: float = _setting(
        "Longest silence of one request to Genesys; in runs at most four fifths of LEASE_SECONDS.",
        unit="seconds",
        default=30,
        gt=0,
        le=300,
    )

    extract_start: date | None = _setting(
        "First UTC day of history (ISO date); default 7 days before the first run, then kept.", default=None
    )
    extract_lookback_minutes: int = _setting(
        "How far before the watermark each run reads again.", unit="minutes", default=180, ge=0, le=44_640
    )
    extract_delay_seconds: int = _setting(
        "How far before now each run stops reading.", unit="seconds", default=60, ge=0, le=86_400
    )
    extract_open_days: int = _setting(
        "Up to which age open conversations are read again by id; older ones are left to the settled path.",
        unit="days",
        default=14,
        ge=0,
        le=366,
    )
    run_deadline_seconds: int = _setting(
        "Longest run; the rest is left to the next.", unit="seconds", default=540, ge=10, le=86_400
    )
    lease_seconds: int = _setting(
        "Life of a run's lease, renewed while it works.", unit="seconds", default=60, ge=5, le=3_600
    )

    bigquery_project: str = _setting("Google Cloud project of the warehouse.", pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]*$")
    bigquery_dataset: str = _setting("BigQuery dataset of the warehouse.", pattern=r"^[A-Za-z0-9_]{1,1024}$")
    bigquery_location: str = _setting("Location in which the dataset is created.", default="US")
    bigquery_emulator_host: BaseUrl | None = _setting(
        "Address, with scheme, of a local BigQuery; credentials are anonymous then.", default=None
    )
    bigquery_storage_emulator_host: str | None = _setting(
        "`host:port` of a local Storage API; without it results are read by REST.",
        default=None,
        pattern=r"^[^\s:/]+:\d+$",
    )

    connector_api_keys: ApiKeys = _setting(
        "Comma-separated `name:sha256hex` of the keys that may ask for data.", default={}
    )
    connector_audiences: Words = _setting("OAuth client ids of scripts whose identity tokens are accepted.", default=())
    connector_allowed_domains: Words = _setting("Google Workspace domains whose users may ask for data.", default=())
    connector_allowed_emails: Words = _setting("E-mail addresses of users who may ask for data.", default=())
    tasks_key: SecretText = _setting("Bearer key of `/tasks/*` and `/v1/status`.")
    secret_key: SecretText = _setting("Signs what the service hands out and takes back; the same on all instances.")

    max_rows: int = _setting(
        "Most rows in one answer; more is refused.", unit="rows", default=1_000_000, ge=1, le=1_000_000
    )
    max_answer_bytes: int = _setting(
        "Largest answer; more is refused.", unit="bytes", default=40_000_000, ge=1_000, le=50_000_000
    )
    max_bytes_billed: int = _setting(
        "Most bytes that BigQuery may bill for one query.", unit="bytes", default=10_000_000_000, ge=1
    )
    query_timeout_seconds: int = _setting(
        "Longest BigQuery query; one that takes more than 45 seconds is asked for again.",
        unit="seconds",
        default=280,
        ge=1,
        le=300,
    )
    cache_seconds: int = _setting(
        "How long an answer is kept; never beyond the next change of data. 0 keeps none.",
        unit="seconds",
        default=3_600,
        ge=0,
        le=86_400,
    )
    cache_bytes: int = _setting(
        "Memory of each worker for kept answers, which are compressed.",
        unit="bytes",
        default=50_000_000,
        ge=1_000,
        le=2_000_000_000,
    )

    alert_webhook_url: SecretText | None = _setting(
        "Address that gets each alert as JSON, once when raised and once when resolved.", default=None
    )

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        if (self.genesys_api_url is None) != (self.genesys_login_url is None):
            raise ValueError("GENESYS_API_URL and GENESYS_LOGIN_URL are set together or not at all")
        if self.genesys_region is None and self.genesys_api_url is None:
            raise ValueError("GENESYS_REGION is missing (or the pair GENESYS_API_URL and GENESYS_LOGIN_URL)")
        if not self.connector_api_keys and not self.connector_audiences:
            raise ValueError("CONNECTOR_API_KEYS is missing (or CONNECTOR_AUDIENCES): nobody could ask for data")
        if self.connector_audiences and not (self.connector_allowed_domains or self.connector_allowed_emails):
            raise ValueError(
                "CONNECTOR_ALLOWED_DOMAINS or CONNECTOR_ALLOWED_EMAILS is missing: CONNECTOR_AUDIENCES needs one"
            )
        return self


def load_settings() -> Settings:
    """Reads and checks all settings from the environment.

    Raises `SettingsError` with one line that names every setting at fault, and never shows a value.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_problem(problem) for problem in error.errors())) from None


def _problem(problem: Mapping[str, Any]) -> str:
    reason = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return reason
    name = str(problem["loc"][0]).upper()
    return f"{name} is missing" if problem["type"] == "missing" else f"{name}: {reason}"


def effective_settings(settings: Settings) -> dict[str, object]:
    """What is in force, by the name of the environment variable; secrets are left out."""
    secret = {row["name"].lower() for row in settings_table() if row["secret"]}
    return {name.upper(): value for name, value in settings.model_dump(mode="json", exclude=secret).items()}


def settings_table() -> list[dict[str, str]]:
    """One row a setting, for the documentation: name, default, unit, secret, help."""
    return [_row(name, field) for name, field in Settings.model_fields.items()]


def _row(name: str, field: FieldInfo) -> dict[str, str]:
    extra = field.json_schema_extra
    unit = extra["unit"] if isinstance(extra, dict) else ""
    default = "required" if field.is_required() else "" if field.default in (None, (), {}) else str(field.default)
    secret = "yes" if "Secret" in str(field.annotation) or name == "connector_api_keys" else ""
    return {
        "name": name.upper(),
        "default": default,
        "unit": str(unit),
        "secret": secret,
        "help": field.description or "",
    }
