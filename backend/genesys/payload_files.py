"""Reads a payload file for an OAuth client, in Genesys's own terms or in those of older guides, which Genesys ignores
or refuses; every key that is changed or left out is a warning.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from backend.genesys.provisioning import GRANT, PERMISSIONS

# Properties of `OAuthClientRequest` and the type of each.
_PROPERTIES: dict[str, type] = {
    "name": str,
    "description": str,
    "authorizedGrantType": str,
    "accessTokenValiditySeconds": int,
    "roleDivisions": list,
    "state": str,
    "dateToDelete": str,
}
_STATES = frozenset({"active", "disabled", "inactive"})
_SHORTEST_TOKEN, _LONGEST_TOKEN = 300, 172_800
_DAILY_CRONS = frozenset({"0 0 * * *", "@daily", "@midnight"})


class PayloadError(Exception):
    """A payload file that cannot become an OAuth client; says what is wrong with it and what to do."""


def read_payload(content: bytes) -> tuple[dict[str, Any], list[str]]:
    """The payload in Genesys's own terms, and the warnings. Raises `PayloadError`."""
    try:
        given = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"not a JSON object: {error}") from None
    payload: dict[str, Any] = {}
    warnings: list[str] = []
    for key, value in given.items():
        if key in _PROPERTIES:
            payload[key] = _checked(key, value)
        elif key in _TRANSLATIONS:
            translated, warning = _TRANSLATIONS[key](value)
            payload |= {name: new for name, new in translated.items() if name not in given}
            warnings.append(f"{key}: {warning}")
        else:
            warnings.append(f"{key}: Genesys knows no such property of an OAuth client; left out")
    return payload, warnings


def _checked(key: str, value: Any) -> Any:
    is_fit = isinstance(value, _PROPERTIES[key]) and not isinstance(value, bool)
    if not is_fit:
        raise PayloadError(f"{key}: expected {_PROPERTIES[key].__name__}, found {value!r}")
    if key == "authorizedGrantType" and value != GRANT:
        raise PayloadError(f"{key}: {value!r} needs a user; this service works with {GRANT} only")
    if key == "state" and value not in _STATES:
        raise PayloadError(f"{key}: {value!r} is none of {', '.join(sorted(_STATES))}")
    if key == "accessTokenValiditySeconds" and not _SHORTEST_TOKEN <= value <= _LONGEST_TOKEN:
        raise PayloadError(f"{key}: {value} is not between {_SHORTEST_TOKEN} and {_LONGEST_TOKEN}")
    return value


type _Translated = tuple[Mapping[str, Any], str]


def _grant_types(value: Any) -> _Translated:
    grants = {grant.upper().replace("_", "-") for grant in _texts("grant_types", value)}
    if grants != {GRANT}:
        raise PayloadError(f"grant_types: {value!r}; this service works with client_credentials only, no user's grant")
    return {"authorizedGrantType": GRANT}, f"written as authorizedGrantType {GRANT}, which is one value"


def _enabled(value: Any) -> _Translated:
    if not isinstance(value, bool):
        raise PayloadError(f"enabled: expected true or false, found {value!r}")
    state = "active" if value else "inactive"
    return {"state": state}, f"written as state {state}"


def _scopes(value: Any) -> _Translated:
    listed = ", ".join(_texts("scopes", value))
    return {}, f"left out ({listed}): for {GRANT} only roles and divisions count, see roleDivisions"


def _permissions(value: Any) -> _Translated:
    listed = ", ".join(_texts("permissions", value))
    return {}, f"left out ({listed}): permissions belong to the client's role; it needs {', '.join(PERMISSIONS)}"


def _schedule(value: Any) -> _Translated:
    is_daily = isinstance(value, str) and " ".join(value.split()) in _DAILY_CRONS
    meaning = f"{value!r} means daily at midnight, not hourly (0 * * * *); " if is_daily else ""
    return {}, f"left out: {meaning}when extraction runs is set in cron.yaml"


def _left_out(reason: str) -> Callable[[Any], _Translated]:
    return lambda _value: ({}, f"left out: {reason}")


def _texts(key: str, value: Any) -> Iterator[str]:
    for text in [value] if isinstance(value, str) else value if isinstance(value, list) else [None]:
        if not isinstance(text, str):
            raise PayloadError(f"{key}: expected a list of texts, found {value!r}")
        yield text


_TRANSLATIONS: dict[str, Callable[[Any], _Translated]] = {
    "grant_types": _grant_types,
    "enabled": _enabled,
    "scope": _scopes,
    "scopes": _scopes,
    "permissions": _permissions,
    "schedule": _schedule,
    "client_type": _left_out("Genesys has no such property; every client with a secret is confidential"),
    "redirect_uris": _left_out(f"it would be registeredRedirectUri, which means nothing for {GRANT}"),
    "registeredRedirectUri": _left_out(f"it means nothing for {GRANT}"),
    "roleIds": _left_out("deprecated; give roleDivisions instead"),
    "client_id": _left_out("Genesys makes it; its answer calls it id"),
    "client_secret": _left_out("Genesys makes it; its answer calls it secret"),
    "incremental": _left_out("extraction is always incremental"),
    "incremental_field": _left_out("Genesys has no update date; extraction derives updated_date itself"),
    "fields": _left_out("the fields are declared in schema/"),
}
