import pytest

from backend.errors import RequestError
from backend.serving.request import (
    ConfigRequest,
    DataRequest,
    DateRange,
    Filter,
    RequestedField,
    ScriptParams,
    read_body,
)


def test_the_body_that_looker_studio_sends() -> None:
    body = b"""{
        "configParams": {"timeZone": "UTC", "explain": true},
        "scriptParams": {"lastRefresh": "1758425096065"},
        "dateRange": {"startDate": "2024-03-10", "endDate": "2024-03-11"},
        "fields": [{"name": "channel"}, {"name": "direction", "forFilterOnly": true}],
        "dimensionsFilters": [[{"fieldName": "channel", "type": "INCLUDE", "operator": "IN_LIST",
                                "values": ["VOICE", 437380.0, 7, true]}]]
    }"""
    assert read_body(DataRequest, body) == DataRequest(
        config_params={"timeZone": "UTC", "explain": True},
        script_params=ScriptParams(),
        date_range=DateRange("2024-03-10", "2024-03-11"),
        fields=[RequestedField("channel"), RequestedField("direction", for_filter_only=True)],
        dimensions_filters=[[Filter("channel", "IN_LIST", "INCLUDE", ["VOICE", 437380.0, 7, True])]],
    )


@pytest.mark.parametrize(
    "body", [b"{}", b'{"configParams":null,"dateRange":null,"fields":null,"dimensionsFilters":null}']
)
def test_null_is_absent(body: bytes) -> None:
    assert read_body(DataRequest, body) == DataRequest()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b'{"fields":[', "truncated", id="cut"),
        pytest.param(b"{} {}", "trailing", id="two objects"),
        pytest.param(b"[]", "Expected `object`, got `array`", id="array"),
        pytest.param(b"null", "Expected `object`, got `null`", id="null"),
        pytest.param(b'{"x": NaN}', "malformed", id="NaN"),
        pytest.param(b'{"x": "\xff"}', "not valid UTF-8 (byte 7)", id="invalid UTF-8 in an ignored key"),
        pytest.param(b'{"fields": [{"name": "\\ud800 and on"}]}', "surrogate", id="lone high surrogate"),
        pytest.param(b'{"fields": [{"name": "\\udc00 and on"}]}', "surrogate", id="lone low surrogate"),
        pytest.param(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply", id="deep"),
        pytest.param(b'{"fields": "channel"}', "`$.fields`", id="fields is text"),
        pytest.param(b'{"fields": [{"name": 5}]}', "got `int` - at `$.fields[0].name`", id="name is a number"),
        pytest.param(b'{"fields": [{}]}', "`name` - at `$.fields[0]`", id="name is missing"),
        pytest.param(b'{"fields": [{"name": "a", "forFilterOnly": "yes"}]}', "forFilterOnly", id="flag is text"),
        pytest.param(b'{"dateRange": "today"}', "`$.dateRange`", id="date range is text"),
        pytest.param(b'{"dateRange": {"startDate": 20240310}}', "`$.dateRange.startDate`", id="date is a number"),
        pytest.param(b'{"dimensionsFilters": [{}]}', "`$.dimensionsFilters[0]`", id="filter outside a group"),
        pytest.param(b'{"configParams": {"dataset": []}}', "configParams", id="parameter is an array"),
        pytest.param(
            b'{"dimensionsFilters": [[{"fieldName":"a","operator":"b","type":"c","values":[{}]}]]}',
            "values[0]",
            id="value is an object",
        ),
        pytest.param(
            b'{"dimensionsFilters": [[{"fieldName":"a","operator":"b","type":"c","values":[1e999]}]]}',
            "out of range",
            id="huge number",
        ),
    ],
)
def test_a_malformed_body_is_refused_with_its_place(body: bytes, said: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_body(DataRequest, body)
    assert said in refused.value.message
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(("flag", "sample"), [("true", True), ("false", False), ("null", False)])
def test_a_sample_is_told_from_a_chart(flag: str, sample: bool) -> None:
    body = f'{{"scriptParams": {{"sampleExtraction": {flag}}}}}'.encode()
    assert read_body(DataRequest, body).is_sample is sample


def test_unknown_keys_are_ignored() -> None:
    assert read_body(ConfigRequest, b'{"languageCode": "en", "new": {"a": [1]}}') == ConfigRequest()
