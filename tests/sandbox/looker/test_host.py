"""Connecting a data source, and what a report shows when something fails."""

from copy import deepcopy
from typing import Any

import pytest

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.errors import ConnectorError, InvalidCredentialsError, ProtocolError, ReportError
from sandbox.looker.host import UNEXPLAINED, LookerStudio
from tests.sandbox.looker.connector import KEY, Connector
from tests.sandbox.looker.samples import CONFIG

ENVELOPE = {"error": {"code": "x", "message": "Too much.", "debug": "SELECT 1", "requestId": "r1"}}


def test_connects(looker: LookerStudio, connector: Connector) -> None:
    source = looker.add_data_source({"dataset": "calls", "zone": "Europe/Zurich", "explain": True}, key=KEY)
    answers = {"dataset": "calls", "zone": "Europe/Zurich", "explain": "true"}
    assert source.config_params == answers
    assert connector.requests == [{"languageCode": "en"}, {"languageCode": "en"}, {"configParams": answers}]


def test_unticked_box_and_unanswered_questions_are_left_out(looker: LookerStudio) -> None:
    assert looker.add_data_source({"explain": False}, key=KEY).config_params == {}


def test_key_is_asked_for_once(looker: LookerStudio) -> None:
    with pytest.raises(InvalidCredentialsError, match="asks for a key"):
        looker.add_data_source()
    with pytest.raises(InvalidCredentialsError, match="refused the key"):
        looker.add_data_source(key="w" * 40)
    looker.add_data_source(key=KEY)
    looker.add_data_source()
    looker.revoke_access()
    with pytest.raises(InvalidCredentialsError):
        looker.add_data_source()


def test_credentials_belong_to_their_user(script: AppsScript) -> None:
    LookerStudio(script, "first@example.com").sign_in(KEY)
    assert not LookerStudio(script, "second@example.com").is_signed_in()


@pytest.mark.parametrize(
    ("choices", "problem"),
    [
        ({"colour": "red"}, "does not ask for colour"),
        ({"dataset": "mails"}, "'mails' is no choice for a SELECT_SINGLE of calls, chats"),
        ({"explain": "true"}, "'true' is no choice for a CHECKBOX"),
        ({"zone": True}, "True is no choice for a TEXTINPUT"),
        ({"notice": "x"}, "is no choice for a INFO"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_choices_must_be_offered(looker: LookerStudio, choices: dict[str, Any], problem: str) -> None:
    with pytest.raises(ReportError, match=problem):
        looker.add_data_source(choices, key=KEY)


SECOND_QUESTION = {
    "type": "SELECT_MULTIPLE",
    "name": "kinds",
    "displayName": "Kinds",
    "options": [{"label": kind, "value": kind} for kind in "abc"],
}


class Stepped(Connector):
    """Asks a second question, with several answers, once the first is answered."""

    keeps_the_first = True

    def data(self, request: dict[str, Any]) -> dict[str, Any]:
        first = CONFIG["configParams"]
        if "configParams" not in request:
            return {"configParams": first, "isSteppedConfig": True}
        return {"configParams": [*(first if self.keeps_the_first else []), SECOND_QUESTION], "isSteppedConfig": False}


@pytest.fixture
def stepped(script: AppsScript) -> Stepped:
    connector = Stepped()
    del connector.replies["/v1/config"]
    script.fetch = connector
    return connector


def test_configuration_in_steps(looker: LookerStudio, stepped: Stepped) -> None:
    source = looker.add_data_source({"dataset": "calls", "kinds": ["a", "c"]}, key=KEY)
    assert source.config_params == {"dataset": "calls", "kinds": "a,c"}
    assert stepped.requests[2] == {"languageCode": "en", "configParams": {"dataset": "calls"}}


def test_steps_may_not_take_questions_back(looker: LookerStudio, stepped: Stepped) -> None:
    stepped.keeps_the_first = False
    with pytest.raises(ProtocolError, match="gone or reordered"):
        looker.add_data_source(key=KEY)


def test_steps_must_end(looker: LookerStudio, connector: Connector) -> None:
    connector.replies["/v1/config"] = {**CONFIG, "isSteppedConfig": True}
    with pytest.raises(ProtocolError, match="still true after 20 steps"):
        looker.add_data_source(key=KEY)


def test_configuration_must_be_the_same_when_asked_again(looker: LookerStudio, connector: Connector) -> None:
    connector.replies["/v1/config"] = config = deepcopy(CONFIG)

    class Drifting(Connector):
        def __call__(self, request: Any) -> Any:
            answer = super().__call__(request)
            config["configParams"][0]["text"] += "!"
            return answer

    looker.script.fetch = Drifting(replies=connector.replies)
    with pytest.raises(ProtocolError, match="answers differently"):
        looker.add_data_source(key=KEY)


@pytest.mark.parametrize(
    ("admins", "debug_text"),
    [("", ""), ("owner@example.com", "POST /v1/schema: HTTP 422, x, SELECT 1")],
    ids=["viewer", "admin"],
)
def test_technical_part_of_an_error_is_for_admins(
    looker: LookerStudio, script: AppsScript, connector: Connector, admins: str, debug_text: str
) -> None:
    script.script_properties["ADMIN_EMAILS"] = admins
    connector.replies["/v1/schema"] = ENVELOPE
    with pytest.raises(ConnectorError) as raised:
        looker.add_data_source(key=KEY)
    assert (raised.value.text, raised.value.debug_text) == ("Too much. (request r1)", debug_text)


def test_unexplained_failure_shows_the_hosts_own_words(looker: LookerStudio) -> None:
    with pytest.raises(ConnectorError) as raised:
        looker.call("authCallback")
    assert (raised.value.text, raised.value.debug_text) == (UNEXPLAINED, "")
