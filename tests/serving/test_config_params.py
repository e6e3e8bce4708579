from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.catalog import load_catalog
from backend.errors import InvalidConfigError, RequestError, UnknownDatasetError
from backend.serving.config import config_answer, quoted, read_config

CATALOG = load_catalog()


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"dataset": "", "timeZone": "", "detail": ""},
        {"dataset": None, "timeZone": " ", "detail": None, "explain": None, "includeAbandons": ""},
        {"explain": False, "includeFlowOuts": "false"},
        {"other": 7},
    ],
)
def test_what_is_absent_or_empty_takes_its_default(params: dict[str, Any] | None) -> None:
    config = read_config(params, CATALOG)
    assert (config.dataset.name, config.zone, config.detail) == ("interaction_details", ZoneInfo("UTC"), "aggregated")
    assert (config.explain, config.switches) == (False, frozenset())


def test_chosen_values_are_taken() -> None:
    config = read_config(
        {"dataset": "interaction_details", "timeZone": "Asia/Kathmandu", "detail": "interaction"}, CATALOG
    )
    assert (config.zone, config.detail) == (ZoneInfo("Asia/Kathmandu"), "interaction")


def test_ticked_boxes_are_taken_as_text_and_as_boolean() -> None:
    config = read_config({"explain": "true", "includeFlowOuts": True, "includeAbandons": "TRUE"}, CATALOG)
    assert config.explain
    assert config.switches == {"includeFlowOuts", "includeAbandons"}


@pytest.mark.parametrize(
    ("params", "error", "said"),
    [
        pytest.param({"dataset": "details"}, UnknownDatasetError, "'details'", id="dataset"),
        pytest.param({"dataset": True}, UnknownDatasetError, "'True'", id="dataset of another type"),
        pytest.param({"timeZone": "Mars/Olympus"}, InvalidConfigError, "'Mars/Olympus'", id="zone"),
        pytest.param(
            {"timeZone": "europe/berlin"}, InvalidConfigError, "Did you mean 'Europe/Berlin'?", id="zone in lower case"
        ),
        pytest.param({"timeZone": "../../etc/passwd"}, InvalidConfigError, "'../../etc/passwd'", id="zone as a path"),
        pytest.param({"timeZone": "Factory"}, InvalidConfigError, "'Factory'", id="zone that stands for none"),
        pytest.param({"timeZone": "America"}, InvalidConfigError, "'America'", id="folder of zones"),
        pytest.param({"timeZone": "U\0TC\n"}, InvalidConfigError, "'U?TC'", id="control characters"),
        pytest.param({"timeZone": "Z" * 100_000}, InvalidConfigError, "'" + "Z" * 80 + "…'", id="endless zone"),
        pytest.param({"explain": "maybe"}, InvalidConfigError, "'maybe'", id="tick box"),
        pytest.param({"includeAbandons": 1}, InvalidConfigError, "'1'", id="number in a tick box"),
        pytest.param({"detail": "single"}, InvalidConfigError, "'single'", id="detail"),
    ],
)
def test_an_unknown_value_is_quoted(params: dict[str, Any], error: type[RequestError], said: str) -> None:
    with pytest.raises(error) as refused:
        read_config(params, CATALOG)
    assert said in refused.value.message


def test_the_configuration_offers_only_what_is_accepted() -> None:
    answer = config_answer(CATALOG)
    assert (answer["dateRangeRequired"], answer["isSteppedConfig"]) == (True, False)
    questions = {question["name"]: question for question in answer["configParams"]}
    assert list(questions) == [
        *("dataset", "timeZone", "detail", "explain"),
        *("includeFlowOuts", "includeShortAbandons", "includeAbandons"),
    ]
    for name in ("dataset", "detail"):
        for option in questions[name]["options"]:
            read_config({name: option["value"]}, CATALOG)
    read_config({"timeZone": questions["timeZone"]["placeholder"]}, CATALOG)


def test_only_what_leaves_the_schema_alone_may_be_overridden() -> None:
    overridable = {
        question["name"]: question.get("parameterControl", {}).get("allowOverride", False)
        for question in config_answer(CATALOG)["configParams"]
    }
    assert {name for name, allowed in overridable.items() if not allowed} == {"dataset", "explain"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain é", "plain é"), ("a\tb\r\nc", "a b  c"), ("\x1b[31m\u202e", "?[31m?"), ("x" * 81, "x" * 80 + "…")],
)
def test_foreign_text_is_cleaned_for_messages(text: str, shown: str) -> None:
    assert quoted(text) == shown
