"""The configuration page: asks getConfig step by step and turns what the user chose into `configParams`."""

from collections.abc import Callable, Mapping, Sequence

from . import Json
from .errors import ProtocolError, ReportError
from .protocol import Config, Parameter, check_config

type Choice = str | bool | Sequence[str]
"""What a user enters: a text or an option, a tick, or several options."""

MAX_STEPS = 20


def configure(
    ask: Callable[[dict[str, Json]], Json], language_code: str, choices: Mapping[str, Choice]
) -> tuple[Config, dict[str, str]]:
    """Answer every question of the connector; those without a choice stay as they are.

    Raises:
        ProtocolError: an answer is malformed, changes when asked again, or drops or reorders questions between steps.
        ReportError: a choice for a question that is not asked, or one that the question does not offer.
    """
    request: dict[str, Json] = {"languageCode": language_code}
    asked: list[Parameter] = []
    for _ in range(MAX_STEPS):
        answer = ask(request)
        if ask(request) != answer:
            raise ProtocolError("getConfig", "", "answers differently when asked the same again")
        config = check_config(answer)
        questions = list(config.parameters.values())
        if [question.name for question in questions[: len(asked)]] != [question.name for question in asked]:
            raise ProtocolError("getConfig", "configParams", "questions of an earlier step are gone or reordered")
        asked = questions
        values = serialise(config.parameters, {name: choices[name] for name in choices if name in config.parameters})
        if not config.stepped:
            if unasked := sorted(choices.keys() - config.parameters.keys()):
                raise ReportError(f"the configuration does not ask for {', '.join(unasked)}")
            return config, values
        request = {"languageCode": language_code, "configParams": values}
    raise ProtocolError("getConfig", "isSteppedConfig", f"still true after {MAX_STEPS} steps")


def serialise(parameters: Mapping[str, Parameter], choices: Mapping[str, Choice]) -> dict[str, str]:
    """The choices as they are sent: texts all, several options joined by commas, an unticked box left out."""
    values = {name: _value(parameters[name], choice) for name, choice in choices.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(parameter: Parameter, choice: Choice) -> str | None:
    match parameter.type:
        case "TEXTINPUT" | "TEXTAREA" if isinstance(choice, str):
            return choice
        case "CHECKBOX" if isinstance(choice, bool):
            return "true" if choice else None
        case "SELECT_SINGLE" if choice in parameter.options:
            return str(choice)
        case "SELECT_MULTIPLE" if not isinstance(choice, str | bool) and set(choice) <= set(parameter.options):
            return ",".join(choice)
    offered = f" of {', '.join(parameter.options)}" if parameter.options else ""
    raise ReportError(f"{parameter.name}: {choice!r} is no choice for a {parameter.type}{offered}")
