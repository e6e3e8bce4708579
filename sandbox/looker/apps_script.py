"""Runs the connector's Apps Script files as Google does: a fresh context a call, services, plain JSON both ways."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import quickjs

from . import Json
from .errors import ExecutionTimeError, ScriptError, UserError
from .url_fetch import FetchError, FetchRequest, FetchResponse, fetch_over_http

RUNTIME = Path(__file__).with_name("runtime.js")
MAX_EXECUTION_SECONDS = 6 * 60
MAX_PROPERTY_BYTES = 9 * 1024
FETCH_OPTIONS = {"method", "contentType", "headers", "payload", "muteHttpExceptions", "followRedirects"}
EXTERNAL_REQUEST = "https://www.googleapis.com/auth/script.external_request"
USER_EMAIL = "https://www.googleapis.com/auth/userinfo.email"


@dataclass
class AppsScript:
    """One Apps Script project: its files, its properties and the outside world as it sees it.

    `clock` gives seconds since 1970, `sleep` takes seconds; together they let a test wait five minutes in no time.
    """

    folder: Path
    script_properties: dict[str, str]
    fetch: Callable[[FetchRequest], FetchResponse] = fetch_over_http
    identity_token: Callable[[str], str | None] = lambda email: None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    user_properties: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        manifest = json.loads((self.folder / "appsscript.json").read_text())
        self.scopes = frozenset(manifest["oauthScopes"])
        self._sources = [RUNTIME.read_text(), *(path.read_text() for path in sorted(self.folder.glob("*.js")))]

    def call(self, function: str, *request: Json, effective_user: str) -> Json:
        """Call a function of the script; `request` is its argument, if it takes one.

        Raises:
            UserError: the script threw a user error.
            ScriptError: the script threw something else, or has no such function.
            ExecutionTimeError: it took more than six minutes.
        """
        execution = _Execution(self, effective_user)
        context = quickjs.Context()
        context.add_callable("__host", execution.answer)
        runtime, *files = self._sources
        invoke = context.eval(runtime)
        try:
            for source in files:
                context.eval(source)
        except quickjs.JSException as error:
            raise ScriptError(f"The script cannot be loaded: {error}") from error
        outcome = json.loads(invoke(function, json.dumps(request)))
        if execution.failure is not None:
            raise execution.failure
        if execution.out_of_time:
            raise ExecutionTimeError(f"{function}: Exceeded maximum execution time")
        if "userError" in outcome:
            raise UserError(outcome["userError"]["text"], outcome["userError"]["debugText"])
        if "scriptError" in outcome:
            raise ScriptError(f"{function}: {outcome['scriptError']}")
        return outcome["value"]


class _Execution:
    """The services during one call. An operation answers JSON and never raises, for the engine cannot pass it on.

    What is no fault of the script's, an interrupt for example, is kept as `failure` and raised after the call.
    """

    def __init__(self, script: AppsScript, effective_user: str) -> None:
        self.script = script
        self.effective_user = effective_user
        self.started = script.clock()
        self.failure: BaseException | None = None
        self.operations: Mapping[str, Callable[..., Json]] = {
            "now": lambda: int(script.clock() * 1000),
            "sleep": lambda milliseconds: script.sleep(milliseconds / 1000),
            "fetch": self.fetch,
            "getProperty": lambda store, key: self.properties(store).get(key),
            "setProperty": self.set_property,
            "deleteProperty": self.delete_property,
            "email": lambda: effective_user if USER_EMAIL in script.scopes else "",
            "identityToken": lambda: script.identity_token(effective_user) if "openid" in script.scopes else None,
        }

    @property
    def out_of_time(self) -> bool:
        return self.script.clock() - self.started > MAX_EXECUTION_SECONDS

    def answer(self, operation: str, arguments: str) -> str:
        if self.out_of_time:
            return json.dumps({"error": "Exceeded maximum execution time"})
        try:
            return json.dumps({"value": self.operations[operation](*json.loads(arguments))})
        except (FetchError, PermissionError, ValueError) as error:
            return json.dumps({"error": str(error)})
        except BaseException as error:
            self.failure = error
            return json.dumps({"error": "the stand-in failed"})

    def fetch(self, url: str, options: dict[str, Json]) -> Json:
        if EXTERNAL_REQUEST not in self.script.scopes:
            raise PermissionError("Exception: You do not have permission to call UrlFetchApp.fetch")
        if unknown := options.keys() - FETCH_OPTIONS:
            raise ValueError(f"UrlFetchApp.fetch: unknown options {sorted(unknown)}")
        content_type = options.get("contentType", "application/x-www-form-urlencoded")
        response = self.script.fetch(
            FetchRequest(
                url=url,
                method=options.get("method", "get").upper(),
                headers={"Content-Type": content_type, **options.get("headers", {})},
                payload=options.get("payload", ""),
                follow_redirects=options.get("followRedirects", True),
            )
        )
        return {"status": response.status, "content": response.content}

    def properties(self, store: str) -> dict[str, str]:
        if store == "script":
            return self.script.script_properties
        return self.script.user_properties.setdefault(self.effective_user, {})

    def set_property(self, store: str, key: str, value: str) -> None:
        if len(value.encode()) > MAX_PROPERTY_BYTES:
            raise ValueError(f"Exception: Argument too large: value of property {key}")
        self.properties(store)[key] = value

    def delete_property(self, store: str, key: str) -> None:
        self.properties(store).pop(key, None)
