"""A query that takes long: the answer is a token, and any instance goes on from it. BigQuery is faked over HTTP."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from werkzeug.test import TestResponse

import backend
from backend.serving import answers, tokens
from tests.conftest import API_KEY, MakeSettings

HOST = "http://bigquery.test"
PROJECT = f"{HOST}/bigquery/v2/projects/project"
STATE = f"{PROJECT}/datasets/genesys/tables/extraction_state"
REFERENCE = {"projectId": "project", "datasetId": "genesys", "tableId": "extraction_state"}
JOB = {"projectId": "project", "jobId": "job-1", "location": "US"}
UNFINISHED = {"jobReference": JOB, "jobComplete": False}
FINISHED = {
    "jobReference": JOB,
    "jobComplete": True,
    "schema": {"fields": [{"name": "c0", "type": "INTEGER"}]},
    "totalRows": "1",
    "rows": [{"f": [{"v": "12"}]}],
}
CHART = {"dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-11"}, "fields": [{"name": "interactions"}]}


class Instance:
    """One instance of the service; all of them share the warehouse and, unless told otherwise, the secret."""

    def __init__(self, make_settings: MakeSettings, **values: Any) -> None:
        settings = make_settings(bigquery_project="project", bigquery_emulator_host=HOST, **values)
        self._client = backend.create_app(settings).test_client()

    def ask(self, **more: object) -> TestResponse:
        return self._client.post("/v1/data", json=CHART | more, headers={"Authorization": f"Bearer {API_KEY}"})


@pytest.fixture(autouse=True)
def _slow_warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(answers, "PATIENCE_SECONDS", 0.01)
    with responses.mock:
        responses.get(STATE, json={"tableReference": REFERENCE, "schema": {"fields": [_integer("data_version")]}})
        responses.get(f"{STATE}/data", json={"totalRows": "1", "rows": [{"f": [{"v": "7"}]}]})
        responses.post(f"{PROJECT}/queries", json=UNFINISHED)
        yield


def _integer(name: str) -> dict[str, str]:
    return {"name": name, "type": "INTEGER"}


def token_of(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"pending"}
    token = answer.get_json()["pending"]
    assert isinstance(token, str)
    return token


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


def test_another_instance_goes_on_and_ends_it(make_settings: MakeSettings) -> None:
    first, second = Instance(make_settings), Instance(make_settings)
    polled = responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(first.ask())
    token = token_of(second.ask(pending=token))
    responses.replace(responses.GET, f"{PROJECT}/queries/job-1", json=FINISHED)
    assert first.ask(pending=token).get_json()["rows"] == [{"values": ["12"]}]
    sent = [call.request for call in responses.calls if "/queries?" in str(call.request.url)]
    assert len(sent) == 1, "the query runs once"
    assert polled.call_count > 0


def test_the_ended_answer_is_kept(make_settings: MakeSettings) -> None:
    instance = Instance(make_settings)
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(instance.ask())
    responses.replace(responses.GET, f"{PROJECT}/queries/job-1", json=FINISHED)
    instance.ask(pending=token)
    calls = len(responses.calls)
    assert instance.ask().get_json()["rows"] == [{"values": ["12"]}]
    assert len(responses.calls) == calls


def test_an_answer_counts_as_of_when_its_query_began(make_settings: MakeSettings) -> None:
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(Instance(make_settings).ask())
    responses.replace(responses.GET, f"{STATE}/data", json={"totalRows": "1", "rows": [{"f": [{"v": "8"}]}]})
    responses.replace(responses.GET, f"{PROJECT}/queries/job-1", json=FINISHED)
    later = Instance(make_settings)
    assert later.ask(pending=token).get_json()["rows"] == [{"values": ["12"]}]
    later.ask()
    sent = [call.request for call in responses.calls if "/queries?" in str(call.request.url)]
    assert len(sent) == 2, "the data changed meanwhile, so the kept answer is not of them"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"fields": [{"name": "answered"}]}, id="another field"),
        pytest.param({"dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-12"}}, id="another period"),
        pytest.param({"configParams": {"timeZone": "Asia/Tokyo"}}, id="another zone"),
        pytest.param({"dimensionsFilters": [[]]}, id="other filters"),
    ],
)
def test_a_token_is_for_its_own_request(make_settings: MakeSettings, change: dict[str, object]) -> None:
    instance = Instance(make_settings)
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(instance.ask())
    assert code_of(instance.ask(pending=token, **change)) == (400, "invalid_token")


def test_a_token_of_others_is_refused(make_settings: MakeSettings) -> None:
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(Instance(make_settings, secret_key="another secret").ask())
    instance = Instance(make_settings)
    assert code_of(instance.ask(pending=token)) == (400, "invalid_token")
    assert code_of(instance.ask(pending=token[:-2] + "xx")) == (400, "invalid_token")


def test_an_old_token_is_refused(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(make_settings)
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    token = token_of(instance.ask())
    monkeypatch.setattr(tokens, "_LIFETIME_SECONDS", -1)
    assert code_of(instance.ask(pending=token)) == (400, "invalid_token")


def test_a_query_beyond_its_time_is_cancelled(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(make_settings, query_timeout_seconds=60)
    responses.get(f"{PROJECT}/queries/job-1", json=UNFINISHED)
    cancelled = responses.post(f"{PROJECT}/jobs/job-1/cancel", json={"job": {"jobReference": JOB}})
    token = token_of(instance.ask())
    later = time.time() + 61
    monkeypatch.setattr(answers, "time", type("Later", (), {"time": staticmethod(lambda: later)}))
    assert code_of(instance.ask(pending=token)) == (504, "query_timeout")
    assert cancelled.call_count == 1
