"""Calculated fields such as `SUM($wait_time_sec) / SUM($wait_count)`, computed over the rows of one group."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from .aggregates import EXACT, QUOTIENT, aggregate
from .field_types import Cell

type Number = Decimal | None
type Columns = Mapping[str, Sequence[Cell]]
type Expression = Callable[[Columns], Number]

AGGREGATES = ("SUM", "COUNT", "MAX", "MIN")
TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>\$?[A-Za-z_]\w*)|(?P<sign>[-+*/()]))", re.ASCII)
OPERATORS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": QUOTIENT.divide,
}


class FormulaError(Exception):
    """A formula that cannot be read; says where."""


@dataclass(frozen=True)
class Formula:
    """A formula and the fields it reads, in order of appearance; `evaluate` takes the values of a group, by field."""

    inputs: tuple[str, ...]
    evaluate: Expression

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `+ - * /`, parentheses, decimal numbers and SUM, COUNT, MAX, MIN of a field.

        NULL in an operation gives NULL, and so does a division by zero.

        Raises:
            FormulaError: anything else.
        """
        parser = _Parser(text)
        expression = parser.sum()
        parser.end()
        return cls(tuple(dict.fromkeys(parser.inputs)), expression)


class _Parser:
    """Recursive descent: a method a level of precedence."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.inputs: list[str] = []

    def sum(self) -> Expression:
        return self.chain("+-", self.product)

    def product(self) -> Expression:
        return self.chain("*/", self.factor)

    def chain(self, signs: str, operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while self.tokens and self.tokens[0] in signs:
            left = _binary(self.tokens.pop(0), left, operand())
        return left

    def factor(self) -> Expression:
        token = self.take()
        if token == "-":
            return _binary("-", lambda columns: Decimal(0), self.factor())
        if token == "(":
            inner = self.sum()
            self.expect(")")
            return inner
        if token[0].isdigit():
            return lambda columns: Decimal(token)
        if token.upper() in AGGREGATES:
            return self.aggregate(token.upper())
        raise FormulaError(f"{self.text!r}: {token!r} stands where a number or SUM, COUNT, MAX, MIN of a field belongs")

    def aggregate(self, function: str) -> Expression:
        self.expect("(")
        field = self.take().removeprefix("$")
        if not field.isidentifier():
            raise FormulaError(f"{self.text!r}: {function} needs a field, not {field!r}")
        self.expect(")")
        self.inputs.append(field)
        return lambda columns: _number(field, aggregate(function, columns[field]))

    def take(self) -> str:
        if not self.tokens:
            raise FormulaError(f"{self.text!r} ends too early")
        return self.tokens.pop(0)

    def expect(self, sign: str) -> None:
        if (token := self.take()) != sign:
            raise FormulaError(f"{self.text!r}: expected {sign!r}, found {token!r}")

    def end(self) -> None:
        if self.tokens:
            raise FormulaError(f"{self.text!r}: {self.tokens[0]!r} is left over")


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if match is None:
            raise FormulaError(f"{text!r}: cannot read {text[position:].strip()!r}")
        yield match.group().strip()
        position = match.end()


def _binary(sign: str, left: Expression, right: Expression) -> Expression:
    def evaluate(columns: Columns) -> Number:
        a, b = left(columns), right(columns)
        if a is None or b is None or (sign == "/" and b == 0):
            return None
        return OPERATORS[sign](a, b)

    return evaluate


def _number(field: str, value: Cell) -> Number:
    if value is not None and not isinstance(value, Decimal):
        raise FormulaError(f"{field} holds {value!r}, which is no number")
    return value
