"""Judges the answers of getAuthType, setCredentials, getConfig and getSchema as strictly as Looker Studio's host."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from . import Json
from .errors import ProtocolError
from .field_types import SEMANTIC_TYPES, SemanticType
from .formulas import Formula, FormulaError

AUTH_TYPES = {"NONE", "OAUTH2", "USER_PASS", "USER_TOKEN", "KEY", "PATH_USER_PASS", "PATH_KEY"}
PARAMETER_TYPES = {"TEXTINPUT", "TEXTAREA", "SELECT_SINGLE", "SELECT_MULTIPLE", "CHECKBOX", "INFO"}
AGGREGATIONS = {"AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM", "AUTO"}
FIELD_KEYS = {"description", "group", "isDefault", "isHidden", "defaultAggregationType", "formula"}
NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """A question of the configuration."""

    name: str
    type: str
    options: tuple[str, ...]
    overridable: bool


@dataclass(frozen=True)
class Config:
    """The answer of getConfig."""

    parameters: Mapping[str, Parameter]
    date_range_required: bool
    stepped: bool


@dataclass(frozen=True)
class Field:
    """A field of the data source, as getSchema declares it."""

    name: str
    label: str
    data_type: str
    is_metric: bool
    semantic_type: str
    aggregation: str
    reaggregatable: bool
    hidden: bool
    formula_text: str | None

    @property
    def type(self) -> SemanticType:
        return SEMANTIC_TYPES[self.semantic_type]

    @cached_property
    def formula(self) -> Formula | None:
        return None if self.formula_text is None else Formula.parse(self.formula_text)


class Judge:
    """Checks one answer of a call; every refusal names the call and the place."""

    def __init__(self, call: str) -> None:
        self.call = call

    def refuse(self, where: str, problem: str) -> ProtocolError:
        return ProtocolError(self.call, where, problem)

    def record(
        self, where: str, value: Json, required: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, Json]:
        if not isinstance(value, dict):
            raise self.refuse(where, f"expected an object, got {type(value).__name__}")
        if missing := sorted(set(required) - value.keys()):
            raise self.refuse(where, f"lacks {', '.join(missing)}")
        if unknown := sorted(value.keys() - set(required) - set(optional)):
            raise self.refuse(where, f"has keys that the host does not know: {', '.join(unknown)}")
        if empty := sorted(key for key, content in value.items() if content is None):
            raise self.refuse(where, f"{', '.join(empty)} is null; leave the key out instead")
        return value

    def items(self, where: str, value: Json) -> list[Json]:
        if not isinstance(value, list):
            raise self.refuse(where, f"expected a list, got {type(value).__name__}")
        return value

    def text(self, where: str, value: Json) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(where, f"expected a text, got {value!r}")
        return value

    def boolean(self, where: str, value: Json) -> bool:
        if not isinstance(value, bool):
            raise self.refuse(where, f"expected true or false, got {value!r}")
        return value

    def one_of(self, where: str, value: Json, allowed: Collection[str]) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise self.refuse(where, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def name(self, where: str, value: Json) -> str:
        if not NAME.fullmatch(self.text(where, value)):
            raise self.refuse(where, f"{value!r} must be letters, digits and underscores")
        return str(value)

    def unique(self, where: str, names: Sequence[str]) -> None:
        if doubles := sorted({name for name in names if names.count(name) > 1}):
            raise self.refuse(where, f"{', '.join(doubles)} occurs more than once")


def check_auth_type(answer: Json) -> str:
    """The authentication type that getAuthType names."""
    judge = Judge("getAuthType")
    return judge.one_of("type", judge.record("", answer, ["type"], ["helpUrl"])["type"], AUTH_TYPES)


def check_boolean(call: str, answer: Json) -> bool:
    """The answer of isAuthValid or isAdminUser."""
    return Judge(call).boolean("", answer)


def check_credentials(answer: Json) -> bool:
    """Whether setCredentials accepted what was entered."""
    judge = Judge("setCredentials")
    code = judge.record("", answer, ["errorCode"])["errorCode"]
    return judge.one_of("errorCode", code, {"NONE", "INVALID_CREDENTIALS"}) == "NONE"


def check_config(answer: Json) -> Config:
    """The configuration that getConfig asks for."""
    judge = Judge("getConfig")
    config = judge.record("", answer, ["configParams"], ["dateRangeRequired", "isSteppedConfig"])
    entries = judge.items("configParams", config["configParams"])
    parameters = [_parameter(judge, f"configParams[{i}]", entry) for i, entry in enumerate(entries)]
    judge.unique("configParams", [parameter.name for parameter in parameters])
    return Config(
        parameters={parameter.name: parameter for parameter in parameters},
        date_range_required=judge.boolean("dateRangeRequired", config.get("dateRangeRequired", False)),
        stepped=judge.boolean("isSteppedConfig", config.get("isSteppedConfig", False)),
    )


def _parameter(judge: Judge, where: str, entry: Json) -> Parameter:
    optional = ["displayName", "text", "helpText", "placeholder", "isDynamic", "parameterControl", "options"]
    parameter = judge.record(where, entry, ["type", "name"], optional)
    kind = judge.one_of(f"{where}.type", parameter["type"], PARAMETER_TYPES)
    judge.text(
        f"{where}.{'text' if kind == 'INFO' else 'displayName'}",
        parameter.get("text" if kind == "INFO" else "displayName"),
    )
    if "options" in parameter and not kind.startswith("SELECT"):
        raise judge.refuse(f"{where}.options", f"a {kind} has no options")
    if "placeholder" in parameter and not kind.startswith("TEXT"):
        raise judge.refuse(f"{where}.placeholder", f"a {kind} has no placeholder")
    control = judge.record(f"{where}.parameterControl", parameter.get("parameterControl", {}), [], ["allowOverride"])
    overridable = judge.boolean(f"{where}.parameterControl.allowOverride", control.get("allowOverride", False))
    dynamic = judge.boolean(f"{where}.isDynamic", parameter.get("isDynamic", False))
    if overridable and dynamic:
        raise judge.refuse(where, "a dynamic parameter cannot be overridable")
    for key in {"helpText", "placeholder"} & parameter.keys():
        judge.text(f"{where}.{key}", parameter[key])
    options = _options(judge, f"{where}.options", parameter["options"]) if kind.startswith("SELECT") else ()
    return Parameter(judge.name(f"{where}.name", parameter["name"]), kind, options, overridable)


def _options(judge: Judge, where: str, value: Json) -> tuple[str, ...]:
    options = judge.items(where, value)
    if not options:
        raise judge.refuse(where, "a selection needs options")
    values = []
    for i, entry in enumerate(options):
        option = judge.record(f"{where}[{i}]", entry, ["label", "value"])
        judge.text(f"{where}[{i}].label", option["label"])
        values.append(judge.text(f"{where}[{i}].value", option["value"]))
        if "," in values[-1]:
            raise judge.refuse(f"{where}[{i}].value", "a comma separates the values of a multiple selection")
    judge.unique(where, values)
    return tuple(values)


def check_schema(answer: Json) -> dict[str, Field]:
    """The fields that getSchema declares, by name, in their order."""
    judge = Judge("getSchema")
    entries = judge.items("schema", judge.record("", answer, ["schema"])["schema"])
    if not entries:
        raise judge.refuse("schema", "has no fields")
    fields = [_field(judge, f"schema[{i}]", entry) for i, entry in enumerate(entries)]
    judge.unique("schema", [field.name for field in fields])
    schema = {field.name: field for field in fields}
    for field in fields:
        _check_formula(judge, field, schema)
    return schema


def _field(judge: Judge, where: str, entry: Json) -> Field:
    declared = judge.record(where, entry, ["name", "label", "dataType", "semantics"], FIELD_KEYS)
    where = f"schema.{judge.name(f'{where}.name', declared['name'])}"
    semantics = judge.record(
        f"{where}.semantics",
        declared["semantics"],
        ["conceptType"],
        ["semanticType", "semanticGroup", "isReaggregatable"],
    )
    if "semanticType" not in semantics:
        raise judge.refuse(f"{where}.semantics", "lacks semanticType, so the host would guess the type from samples")
    semantic_type = judge.one_of(f"{where}.semantics.semanticType", semantics["semanticType"], SEMANTIC_TYPES)
    data_type = judge.one_of(f"{where}.dataType", declared["dataType"], {SEMANTIC_TYPES[semantic_type].data_type})
    concept = judge.one_of(f"{where}.semantics.conceptType", semantics["conceptType"], {"DIMENSION", "METRIC"})
    aggregation = declared.get("defaultAggregationType", "AUTO")
    field = Field(
        name=declared["name"],
        label=judge.text(f"{where}.label", declared["label"]),
        data_type=data_type,
        is_metric=concept == "METRIC",
        semantic_type=semantic_type,
        aggregation=judge.one_of(f"{where}.defaultAggregationType", aggregation, AGGREGATIONS),
        reaggregatable=judge.boolean(f"{where}.semantics.isReaggregatable", semantics.get("isReaggregatable", False)),
        hidden=judge.boolean(f"{where}.isHidden", declared.get("isHidden", False)),
        formula_text=declared.get("formula"),
    )
    for key in {"description", "group", "formula"} & declared.keys():
        judge.text(f"{where}.{key}", declared[key])
    judge.boolean(f"{where}.isDefault", declared.get("isDefault", False))
    if field.is_metric and field.aggregation != "AUTO" and not field.reaggregatable:
        raise judge.refuse(where, f"{field.aggregation} is ignored on a metric that is not re-aggregatable")
    return field


def _check_formula(judge: Judge, field: Field, schema: Mapping[str, Field]) -> None:
    where = f"schema.{field.name}.formula"
    try:
        formula = field.formula
    except FormulaError as error:
        raise judge.refuse(where, str(error)) from error
    for name in formula.inputs if formula else ():
        if name not in schema:
            raise judge.refuse(where, f"reads {name}, which the schema lacks")
        if schema[name].formula_text is not None:
            raise judge.refuse(where, f"reads {name}, which is a formula itself")
