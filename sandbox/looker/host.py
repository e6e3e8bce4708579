"""Looker Studio itself: connects a data source step by step, and shows errors as it does."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import Json
from .apps_script import AppsScript
from .configuration import Choice, configure
from .data_source import DataSource
from .errors import ConnectorError, ExecutionTimeError, InvalidCredentialsError, ProtocolError, ScriptError, UserError
from .protocol import check_auth_type, check_boolean, check_credentials

UNEXPLAINED = "There was an error caused by this connector."


@dataclass(frozen=True)
class LookerStudio:
    """Looker Studio as one user sees it; `effective_user` is whose credentials the data sources use."""

    script: AppsScript
    effective_user: str = "owner@example.com"
    language_code: str = "en"

    def add_data_source(self, choices: Mapping[str, Choice] | None = None, key: str | None = None) -> DataSource:
        """Connect: sign in, answer the configuration, read the fields.

        `key` is what the user enters where the connector asks for one; `choices` are the answers by parameter name.

        Raises:
            InvalidCredentialsError: the key was refused, or is missing.
            ConnectorError: what the user reads where the connector failed.
            ProtocolError: the connector answered wrongly.
            ReportError: the choices do not fit the questions.
        """
        self.sign_in(key)
        config, values = configure(lambda request: self.call("getConfig", request), self.language_code, choices or {})
        return DataSource(self.call, self.script.clock, config, values)

    def sign_in(self, key: str | None = None) -> None:
        """Enter the key, unless the connector needs none or has one."""
        auth_type = check_auth_type(self.call("getAuthType"))
        if auth_type == "NONE" or self.is_signed_in():
            return
        if auth_type != "KEY":
            raise ProtocolError("getAuthType", "type", f"{auth_type} is not what this connector should use")
        if key is None:
            raise InvalidCredentialsError("the connector asks for a key")
        if not check_credentials(self.call("setCredentials", {"key": key})):
            raise InvalidCredentialsError("the connector refused the key")
        if not self.is_signed_in():
            raise ProtocolError("isAuthValid", "", "false right after the key was accepted")

    def is_signed_in(self) -> bool:
        """Whether the connector has credentials of the effective user."""
        return check_boolean("isAuthValid", self.call("isAuthValid"))

    def revoke_access(self) -> None:
        """Make the connector forget the credentials of the effective user."""
        self.call("resetAuth")

    def call(self, function: str, *request: Json) -> Json:
        """Call a function of the script.

        Raises:
            ConnectorError: it failed; the technical part is there only where the effective user is an admin.
        """
        try:
            return self.script.call(function, *request, effective_user=self.effective_user)
        except UserError as error:
            raise ConnectorError(error.text, self._for_admin(error.debug_text)) from error
        except (ScriptError, ExecutionTimeError) as error:
            raise ConnectorError(UNEXPLAINED, self._for_admin(str(error))) from error

    def _for_admin(self, debug_text: str) -> str:
        is_admin = self.script.call("isAdminUser", effective_user=self.effective_user)
        return debug_text if check_boolean("isAdminUser", is_admin) else ""
