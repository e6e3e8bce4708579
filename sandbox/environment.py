"""The environment in which the sandbox starts the backend: settings found outside reach it unchanged."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_GENESYS_ADDRESS = ("GENESYS_REGION", "GENESYS_API_URL", "GENESYS_LOGIN_URL")


@dataclass(frozen=True)
class Keys:
    """Keys in clear, as those who call the backend need them."""

    connector: str
    tasks: str


def has_genesys_address(environment: Mapping[str, str]) -> bool:
    """Whether a Genesys organisation (or another simulator) is named outside; then ours is not started."""
    return any(environment.get(name) for name in _GENESYS_ADDRESS)


def backend_environment(
    found: Mapping[str, str], *, genesys_url: str, client: tuple[str, str], bigquery: Mapping[str, str]
) -> tuple[dict[str, str], Keys]:
    """The backend's environment and the keys that open it.

    `bigquery` holds the settings that point to the embedded engine. What `found` sets wins over every default here; a
    connector key of our own is added to those it names.
    """
    connector_key = secrets.token_urlsafe(32)
    defaults = {
        "GENESYS_CLIENT_ID": client[0],
        "GENESYS_CLIENT_SECRET": client[1],
        "GENESYS_REQUESTS_PER_MINUTE": "5000",
        "TASKS_KEY": secrets.token_urlsafe(32),
        "SECRET_KEY": secrets.token_urlsafe(32),
        **bigquery,
    }
    if not has_genesys_address(found):
        defaults |= {"GENESYS_API_URL": genesys_url, "GENESYS_LOGIN_URL": genesys_url}
    environment = {**defaults, **{name: value for name, value in found.items() if value}}
    named = [in_clear(environment["CONNECTOR_API_KEYS"])] if environment.get("CONNECTOR_API_KEYS") else []
    digest = hashlib.sha256(connector_key.encode()).hexdigest()
    environment["CONNECTOR_API_KEYS"] = ",".join([*named, f"sandbox:{digest}"])
    return environment, Keys(connector_key, in_clear(environment["TASKS_KEY"]))


def in_clear(reference: str) -> str:
    """A secret's value: the text itself, or that of the file which `file:PATH` names."""
    return Path(reference.removeprefix("file:")).read_text().strip() if reference.startswith("file:") else reference
