"""Errors of the stand-in: what the script threw, what a report shows, and what an answer got wrong."""


class UserError(Exception):
    """The script threw a user error: `text` for everybody, `debug_text` for connector admins."""

    def __init__(self, text: str, debug_text: str) -> None:
        super().__init__(text)
        self.text = text
        self.debug_text = debug_text


class ScriptError(Exception):
    """The script threw anything else; Google shows its message to admins only."""


class ExecutionTimeError(Exception):
    """The script ran longer than the six minutes that Apps Script gives one execution."""


class ConnectorError(Exception):
    """What a report shows in place of a chart.

    `text` is what every viewer reads; `debug_text` is empty unless `isAdminUser` answered true for the effective user.
    """

    def __init__(self, text: str, debug_text: str) -> None:
        super().__init__(f"{text}\n{debug_text}" if debug_text else text)
        self.text = text
        self.debug_text = debug_text


class ProtocolError(Exception):
    """An answer that Looker Studio would refuse or misread: in which call, where in the answer, and what is wrong."""

    def __init__(self, call: str, where: str, problem: str) -> None:
        super().__init__(f"{call}: {where}: {problem}" if where else f"{call}: {problem}")
        self.call = call
        self.where = where
        self.problem = problem


class ReportError(Exception):
    """A chart, filter or configuration that the report editor would not let anybody make; says why."""


class InvalidCredentialsError(Exception):
    """The connector refused what was entered, or nothing was entered and it has nothing stored."""
