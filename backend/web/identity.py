"""Who may call: report viewers by an API key, schedulers and operators by the tasks key."""

import hashlib
import hmac
import os
import re

from flask import request

from backend.errors import UnauthorizedError
from backend.settings import Settings

_KEY_LENGTH = 32
_IDENTITY_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

_ENTER_KEY = (
    "Enter the API key that the connector's administrator gave you: open the data source, choose Edit connection, and "
    "enter the key again."
)


def require_connector_key(settings: Settings) -> str:
    """The name of the API key that the request bears; raises `UnauthorizedError`."""
    key = _bearer()
    if key is None:
        raise UnauthorizedError(f"No API key was sent. {_ENTER_KEY}", debug="Send the header Authorization: Bearer KEY")
    name = _key_name(key, settings)
    if name is not None:
        return name
    if _IDENTITY_TOKEN.fullmatch(key):
        raise UnauthorizedError(
            f"This connector does not take Google identity tokens. {_ENTER_KEY}",
            debug="Set the script property AUTH_TYPE to KEY.",
        )
    raise UnauthorizedError(
        f"The API key is not valid. {_ENTER_KEY}",
        debug=f"No entry of CONNECTOR_API_KEYS has its SHA-256, or the key is shorter than {_KEY_LENGTH} characters.",
    )


def require_tasks_key(settings: Settings) -> None:
    """Raises `UnauthorizedError` unless the request bears TASKS_KEY."""
    key = _bearer()
    if key is None or not hmac.compare_digest(key.encode(), settings.tasks_key.value.encode()):
        raise UnauthorizedError("This address is for operators. Send the header Authorization: Bearer with TASKS_KEY.")


def require_scheduler(settings: Settings) -> None:
    """As `require_tasks_key`, or App Engine's cron: only App Engine strips that header from requests of others."""
    on_app_engine = os.environ.get("GAE_ENV") == "standard"
    if not (on_app_engine and request.headers.get("X-Appengine-Cron") == "true"):
        require_tasks_key(settings)


def _key_name(key: str, settings: Settings) -> str | None:
    if len(key) < _KEY_LENGTH or not key.isprintable():
        return None
    digest = hashlib.sha256(key.encode()).hexdigest()
    # All are compared, so that the time taken says nothing of the keys.
    matches = [name for known, name in settings.connector_api_keys.items() if hmac.compare_digest(known, digest)]
    return matches[0] if matches else None


def _bearer() -> str | None:
    """The credential; WSGI hands headers over as Latin-1, a key is UTF-8."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        return None
    try:
        return credential.strip().encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
