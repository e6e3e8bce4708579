"""What each function does that Looker Studio calls, when all is well."""

import pytest

from sandbox.looker.apps_script import AppsScript
from sandbox.looker.errors import UserError
from tests.connector_apps_script.conftest import KEY, OWNER, Call
from tests.connector_apps_script.fake_backend import FakeBackend, envelope, reply

DATA_REQUEST = {
    "configParams": {"dataset": "interaction_details"},
    "scriptParams": {"lastRefresh": "1758425096065"},
    "dateRange": {"startDate": "2024-03-01", "endDate": "2024-03-28"},
    "fields": [{"name": "a", "forFilterOnly": True}, {"name": "b"}],
    "dimensionsFilters": [[{"fieldName": "a", "type": "INCLUDE", "operator": "IN_LIST", "values": ["ä", 1.5, True]}]],
}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [({}, "KEY"), ({"AUTH_TYPE": ""}, "KEY"), ({"AUTH_TYPE": "KEY"}, "KEY"), ({"AUTH_TYPE": "NONE"}, "NONE")],
    ids=["absent", "empty", "key", "none"],
)
def test_auth_type_is_the_script_property(
    script: AppsScript, call: Call, properties: dict[str, str], expected: str
) -> None:
    script.script_properties.update(properties)
    assert call("getAuthType") == {"type": expected}


def test_unknown_auth_type_names_the_property(script: AppsScript, call: Call) -> None:
    script.script_properties["AUTH_TYPE"] = "OAUTH2"
    with pytest.raises(UserError) as raised:
        call("getAuthType")
    assert "AUTH_TYPE must be KEY or NONE" in raised.value.debug_text


@pytest.mark.parametrize(
    ("function", "path", "request_"),
    [
        ("getConfig", "/v1/config", {"languageCode": "it"}),
        ("getConfig", "/v1/config", {"languageCode": "it", "configParams": {"dataset": "x"}}),
        ("getSchema", "/v1/schema", {"configParams": {"dataset": "x"}}),
        ("getData", "/v1/data", DATA_REQUEST),
    ],
    ids=["config", "config again", "schema", "data"],
)
def test_request_and_answer_pass_unchanged(
    backend: FakeBackend, call: Call, function: str, path: str, request_: dict[str, object]
) -> None:
    answer = {"anything": [None, "ü\u2028", {"values": [True, "918.737", None]}]}
    backend.answers = [reply(answer)]
    assert call(function, request_) == answer
    [sent] = backend.asked
    assert (sent.method, sent.url) == ("POST", f"https://backend.example.com{path}")
    assert (sent.headers["Authorization"], sent.headers["Content-Type"]) == (f"Bearer {KEY}", "application/json")
    assert backend.bodies == [request_]


class TestExplain:
    """What the Explain box brings is for admins; viewers see the chart as ever."""

    ANSWER = {"schema": [], "rows": [], "filtersApplied": True}  # noqa: RUF012

    def test_admins_read_it_in_place_of_the_chart(self, script: AppsScript, backend: FakeBackend, call: Call) -> None:
        script.script_properties["ADMIN_EMAILS"] = OWNER
        backend.answers = [reply(self.ANSWER | {"explain": {"sql": "SELECT 1"}})]
        with pytest.raises(UserError, match="Explain queries is ticked") as raised:
            call("getData", DATA_REQUEST)
        assert "SELECT 1" in raised.value.debug_text
        assert "SELECT 1" not in raised.value.text

    def test_others_see_the_chart(self, backend: FakeBackend, call: Call) -> None:
        backend.answers = [reply(self.ANSWER | {"explain": {"sql": "SELECT 1"}})]
        assert call("getData", DATA_REQUEST) == self.ANSWER


class TestKey:
    def test_accepted_key_is_stored_for_its_user_only(self, backend: FakeBackend, script: AppsScript) -> None:
        backend.answers = [reply({"valid": True})]
        user = "second@example.com"
        assert script.call("isAuthValid", effective_user=user) is False
        answer = script.call("setCredentials", {"key": f" {'n' * 40}\n"}, effective_user=user)
        assert answer == {"errorCode": "NONE"}
        assert script.user_properties == {user: {"dscc.key": "n" * 40}, OWNER: {"dscc.key": KEY}}
        assert script.call("isAuthValid", effective_user=user) is True
        assert [(sent.url, sent.headers["Authorization"], sent.payload) for sent in backend.asked] == [
            ("https://backend.example.com/v1/credentials", f"Bearer {'n' * 40}", "{}")
        ]

    def test_refused_key_is_not_stored(self, backend: FakeBackend, script: AppsScript, call: Call) -> None:
        backend.answers = [envelope(401, "unauthorized", "The key is not known.")]
        assert call("setCredentials", {"key": "w" * 40}) == {"errorCode": "INVALID_CREDENTIALS"}
        assert script.user_properties[OWNER] == {"dscc.key": KEY}

    @pytest.mark.parametrize("request_", [{}, {"key": ""}, {"key": "  "}, {"key": "ab\ncd"}], ids=repr)
    def test_what_cannot_be_a_key_is_not_asked_about(
        self, backend: FakeBackend, call: Call, request_: dict[str, str]
    ) -> None:
        assert call("setCredentials", request_) == {"errorCode": "INVALID_CREDENTIALS"}
        assert backend.asked == []

    def test_reset_forgets_it(self, script: AppsScript, call: Call) -> None:
        call("resetAuth")
        assert call("isAuthValid") is False
        assert script.user_properties[OWNER] == {}

    def test_validity_is_told_without_the_network(self, backend: FakeBackend, call: Call) -> None:
        assert call("isAuthValid") is True
        assert backend.asked == []


class TestIdentityToken:
    @pytest.fixture(autouse=True)
    def _auth_type(self, script: AppsScript) -> None:
        script.script_properties["AUTH_TYPE"] = "NONE"

    def test_is_sent_for_the_effective_user(self, backend: FakeBackend, call: Call) -> None:
        call("getSchema", {})
        assert backend.asked[0].headers["Authorization"] == f"Bearer token.of.{OWNER}"

    def test_credential_functions_have_nothing_to_do(self, backend: FakeBackend, call: Call) -> None:
        assert call("isAuthValid") is True
        assert call("setCredentials", {"key": "x" * 40}) == {"errorCode": "NONE"}
        assert call("resetAuth") is None
        assert backend.asked == []

    def test_no_token_is_explained(self, script: AppsScript, call: Call) -> None:
        script.identity_token = lambda email: None
        with pytest.raises(UserError, match="Your Google account could not be recognised") as raised:
            call("getSchema", {})
        assert "openid" in raised.value.debug_text

    def test_refusal_by_the_backend_is_told_in_its_words(self, backend: FakeBackend, call: Call) -> None:
        backend.answers = [envelope(401, "unauthorized", "This account may not read the data.")]
        with pytest.raises(UserError, match=r"This account may not read the data\. \(request req-7\)"):
            call("getSchema", {})


@pytest.mark.parametrize(
    ("admins", "expected"),
    [
        (None, False),
        ("", False),
        (" , ", False),
        (OWNER, True),
        ("someone@example.com, OWNER@Example.com ", True),
        ("downer@example.com", False),
        ("owner@example.com.example.org", False),
    ],
    ids=["absent", "empty", "blank", "same", "other case in a list", "longer", "longer domain"],
)
def test_admins_are_listed_by_email(script: AppsScript, call: Call, admins: str | None, expected: bool) -> None:
    if admins is not None:
        script.script_properties["ADMIN_EMAILS"] = admins
    assert call("isAdminUser") is expected


def test_nobody_known_is_no_admin(script: AppsScript) -> None:
    script.script_properties["ADMIN_EMAILS"] = OWNER
    assert script.call("isAdminUser", effective_user="") is False
    script.scopes -= {"https://www.googleapis.com/auth/userinfo.email"}
    assert script.call("isAdminUser", effective_user=OWNER) is False
