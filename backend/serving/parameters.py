"""Query parameters: the only way by which a value reaches SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

type ParameterType = Literal["STRING", "TIMESTAMP"]
type ParameterValue = str | datetime | tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """A named parameter; a tuple is an ARRAY of `type`."""

    name: str
    type: ParameterType
    value: ParameterValue


class Parameters:
    """Collects the parameters of one query; equal values share one."""

    def __init__(self) -> None:
        self._parameters: dict[ParameterValue, Parameter] = {}

    def add(self, value: ParameterValue) -> str:
        """The reference (`@p0`) to write in place of the value."""
        kind: ParameterType = "TIMESTAMP" if isinstance(value, datetime) else "STRING"
        name = f"p{len(self._parameters)}"
        return "@" + self._parameters.setdefault(value, Parameter(name, kind, value)).name

    def all(self) -> tuple[Parameter, ...]:
        return tuple(self._parameters.values())
