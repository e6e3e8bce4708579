"""The connector's configuration: the questions that getConfig asks, and the reading of their answers.

Overridable answers can be rewritten by every viewer through the report's address: they are hostile input.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal
from zoneinfo import ZoneInfo

from backend.catalog import Dataset, Switch
from backend.errors import InvalidConfigError, UnknownDatasetError
from backend.serving.request import ConfigParams

type Detail = Literal["aggregated", "interaction"]

DEFAULT_DATASET = "interaction_details"
DEFAULT_ZONE = "UTC"
DETAILS: Mapping[Detail, str] = {"aggregated": "Aggregated (sums)", "interaction": "One row an interaction"}
DEFAULT_DETAIL: Detail = "aggregated"
SWITCHES: Mapping[Switch, tuple[str, str]] = {
    "includeFlowOuts": ("Service level: include flow-outs", "Ticked, flow-outs count as not answered in time."),
    "includeShortAbandons": ("Service level: include short abandons", "Unticked, short abandons are taken off."),
    "includeAbandons": ("Service level: include abandons", "Unticked, abandons are taken off."),
}

_QUOTED_LENGTH = 80


@dataclass(frozen=True)
class Configuration:
    dataset: Dataset
    zone: ZoneInfo
    detail: Detail
    explain: bool
    switches: frozenset[Switch]


def config_answer(catalog: Mapping[str, Dataset]) -> dict[str, Any]:
    """What getConfig answers: the same at every call, in one step, with a date range required."""
    return {
        "configParams": [
            {
                "type": "SELECT_SINGLE",
                "name": "dataset",
                "displayName": "Dataset",
                "helpText": "What a row is about. Interaction details where nothing is chosen.",
                "options": [{"label": dataset.label, "value": name} for name, dataset in catalog.items()],
            },
            {
                "type": "TEXTINPUT",
                "name": "timeZone",
                "displayName": "Time zone",
                "helpText": "IANA name, for local times and for the days of the date range. Empty: UTC.",
                "placeholder": "Europe/Berlin",
                "parameterControl": {"allowOverride": True},
            },
            {
                "type": "SELECT_SINGLE",
                "name": "detail",
                "displayName": "Level of detail",
                "helpText": "One row an interaction is slower; choose it for a median or maximum over interactions.",
                "parameterControl": {"allowOverride": True},
                "options": [{"label": label, "value": value} for value, label in DETAILS.items()],
            },
            {
                "type": "CHECKBOX",
                "name": "explain",
                "displayName": "Explain queries",
                "helpText": "Connector admins see how a chart is computed in place of the chart. Others see the chart.",
            },
            *(_switch(name, *texts) for name, texts in SWITCHES.items()),
        ],
        "dateRangeRequired": True,
        "isSteppedConfig": False,
    }


def _switch(name: str, label: str, help_text: str) -> dict[str, Any]:
    return {
        "type": "CHECKBOX",
        "name": name,
        "displayName": label,
        "helpText": f"{help_text} Set it as your Genesys organization does.",
        "parameterControl": {"allowOverride": True},
    }


def read_config(params: ConfigParams | None, catalog: Mapping[str, Dataset]) -> Configuration:
    """The chosen configuration; whatever is absent, null or empty takes its default.

    Raises `UnknownDatasetError` or `InvalidConfigError`, which quote the value.
    """
    answers = params or {}
    return Configuration(
        dataset=_dataset(_answer(answers, "dataset", DEFAULT_DATASET), catalog),
        zone=_zone(_answer(answers, "timeZone", DEFAULT_ZONE)),
        detail=_detail(_answer(answers, "detail", DEFAULT_DETAIL)),
        explain=_ticked(answers, "explain"),
        switches=frozenset(name for name in SWITCHES if _ticked(answers, name)),
    )


def _answer(answers: ConfigParams, name: str, default: str) -> str:
    value = answers.get(name)
    return default if value is None or str(value).strip() == "" else str(value).strip()


def _ticked(answers: ConfigParams, name: str) -> bool:
    text = _answer(answers, name, "false").lower()
    if text not in ("true", "false"):
        raise InvalidConfigError(f"'{quoted(text)}' is no answer to '{name}', which is ticked (true) or not (false).")
    return text == "true"


def _dataset(name: str, catalog: Mapping[str, Dataset]) -> Dataset:
    if name not in catalog:
        raise UnknownDatasetError(
            f"There is no dataset '{quoted(name)}'. Choose one of {', '.join(catalog)} in the data source's connection."
        )
    return catalog[name]


def _zone(name: str) -> ZoneInfo:
    if name not in _zone_names():
        close = difflib.get_close_matches(name[:_QUOTED_LENGTH], _zone_names(), n=1)
        hint = f"Did you mean '{close[0]}'?" if close else "Use an IANA name such as Europe/Berlin, or none for UTC."
        raise InvalidConfigError(f"'{quoted(name)}' is not a known time zone. {hint}")
    return ZoneInfo(name)


def _detail(value: str) -> Detail:
    for detail in DETAILS:
        if value == detail:
            return detail
    raise InvalidConfigError(f"'{quoted(value)}' is not a level of detail. Choose one of {', '.join(DETAILS)}.")


@cache
def _zone_names() -> frozenset[str]:
    """Names of the tz database; `Factory` is its mark for a zone that nobody has set."""
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {"Factory"}


def quoted(text: str) -> str:
    """Foreign text made fit for a message: control characters replaced, long ones cut."""
    clean = re.sub(r"[^\S ]", " ", text[:_QUOTED_LENGTH])
    clean = "".join(character if character.isprintable() else "?" for character in clean)
    return clean + "…" if len(text) > _QUOTED_LENGTH else clean
