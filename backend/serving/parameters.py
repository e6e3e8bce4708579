"""Query parameters: the only way by which a value reaches SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

type ParameterType = Literal["STRING", "TIMESTAMP", "BOOL"]
type Scalar = str | datetime | bool
type ParameterValue = Scalar | tuple[str, ...] | tuple[datetime, ...] | tuple[bool, ...]

# What is only known when the query is sent: named after what it says, and empty until then.
type Fact = Literal["settled_through", "runs_since"]
type Facts = Mapping[Fact, datetime | None]


@dataclass(frozen=True)
class Parameter:
    """A named parameter; a tuple is an ARRAY of `type`, None is NULL."""

    name: str
    type: ParameterType
    value: ParameterValue | None

    def bound(self, facts: Facts) -> "Parameter":
        """The parameter with its value, where it is one of the facts."""
        for name, value in facts.items():
            if name == self.name:
                return replace(self, value=value)
        return self


class Parameters:
    """Collects the parameters of one query; equal values share one."""

    def __init__(self) -> None:
        self._parameters: dict[object, Parameter] = {}

    def add(self, value: ParameterValue) -> str:
        """The reference (`@p0`) to write in place of the value."""
        first = value[0] if isinstance(value, tuple) else value
        kind: ParameterType = (
            "BOOL" if isinstance(first, bool) else "TIMESTAMP" if isinstance(first, datetime) else "STRING"
        )
        name = f"p{len(self._parameters)}"
        return "@" + self._parameters.setdefault(value, Parameter(name, kind, value)).name

    def fact(self, name: Fact) -> str:
        """The reference to a moment that is filled in when the query is sent."""
        return "@" + self._parameters.setdefault((Fact, name), Parameter(name, "TIMESTAMP", None)).name

    def all(self) -> tuple[Parameter, ...]:
        return tuple(self._parameters.values())
