"""Looker Studio's semantic types: which data type carries each, and which values are well-formed."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from . import Json

type Cell = str | Decimal | bool | None


class Kind(StrEnum):
    """How values of a type compare: dates and times are digits of one length, so they compare as text."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True)
class SemanticType:
    """A semantic type: its data type, how its values compare, and their one written form."""

    data_type: str
    kind: Kind
    pattern: re.Pattern[str]
    form: str
    names_day: bool = False

    def parse(self, value: Json) -> Cell:
        """The typed value: numbers exact, dates and times as their digits, NULL as None.

        Raises:
            ValueError: the value is not in the form of this type.
        """
        if value is None:
            return None
        if self.kind is Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise ValueError(f"{value!r} is not true or false")
            return value
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not {self.form}")
        if self.kind is Kind.NUMBER:
            return Decimal(value)
        if self.names_day:
            date(int(value[:4]), int(value[4:6]), int(value[6:8]))
        return value


HOUR, MINUTE, SECOND = r"([01]\d|2[0-3])", r"[0-5]\d", r"[0-5]\d"
YEAR, MONTH, DAY = r"\d{4}", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
CALENDAR_DAY = YEAR + MONTH + DAY
WEEK = r"(0[1-9]|[1-4]\d|5[0-3])"
DECIMAL_TEXT = r"-?(0|[1-9]\d*)(\.\d+)?"
CURRENCIES = """
    AED ALL ARS AUD BDT BGN BOB BRL CAD CDF CHF CLP CNY COP CRC CZK DKK DOP EGP ETB EUR GBP HKD HRK HUF IDR ILS INR IRR
    ISK JMD JPY KRW LKR LTL MNT MVR MXN MYR NOK NZD PAB PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD TZS UAH USD
    UYU VEF VND YER ZAR
"""
FREE_TEXT = """
    TEXT COUNTRY CONTINENT SUB_CONTINENT REGION REGION_CODE CITY METRO METRO_CODE HYPERLINK IMAGE IMAGE_LINK
"""


def _text(pattern: str = r"[\s\S]*", form: str = "text") -> SemanticType:
    return SemanticType("STRING", Kind.TEXT, re.compile(pattern), form)


def _date(pattern: str, form: str) -> SemanticType:
    return SemanticType(
        "STRING", Kind.DATE, re.compile(pattern, re.ASCII), form, names_day=pattern.startswith(CALENDAR_DAY)
    )


NUMBER_TYPE = SemanticType(
    "NUMBER", Kind.NUMBER, re.compile(DECIMAL_TEXT, re.ASCII), "decimal text without exponent, such as '918.737'"
)

SEMANTIC_TYPES: dict[str, SemanticType] = {
    "YEAR": _date(YEAR, "YYYY"),
    "YEAR_QUARTER": _date(YEAR + "[1-4]", "YYYYQ"),
    "YEAR_MONTH": _date(YEAR + MONTH, "YYYYMM"),
    "YEAR_WEEK": _date(YEAR + WEEK, "YYYYww"),
    "YEAR_MONTH_DAY": _date(CALENDAR_DAY, "YYYYMMDD"),
    "YEAR_MONTH_DAY_HOUR": _date(CALENDAR_DAY + HOUR, "YYYYMMDDHH"),
    "YEAR_MONTH_DAY_MINUTE": _date(CALENDAR_DAY + HOUR + MINUTE, "YYYYMMDDHHmm"),
    "YEAR_MONTH_DAY_SECOND": _date(CALENDAR_DAY + HOUR + MINUTE + SECOND, "YYYYMMDDHHmmss"),
    "QUARTER": _date("[1-4]", "1 to 4"),
    "MONTH": _date(MONTH, "01 to 12"),
    "WEEK": _date(WEEK, "01 to 53"),
    "MONTH_DAY": _date(MONTH + DAY, "MMDD"),
    "DAY_OF_WEEK": _date("[0-6]", "0 (Sunday) to 6"),
    "DAY": _date(DAY, "01 to 31"),
    "HOUR": _date(HOUR, "00 to 23"),
    "MINUTE": _date(MINUTE, "00 to 59"),
    "DURATION": SemanticType("STRING", Kind.NUMBER, re.compile(r"(0|[1-9]\d*)", re.ASCII), "whole seconds"),
    "COUNTRY_CODE": _text("[A-Z]{2}", "an ISO 3166 country code of two letters"),
    "CONTINENT_CODE": _text(r"[0-9]{3}", "a UN M49 code"),
    "SUB_CONTINENT_CODE": _text(r"[0-9]{3}", "a UN M49 code"),
    "CITY_CODE": _text(r"[0-9]+", "a numeric city code"),
    "LATITUDE_LONGITUDE": _text(r"-?\d{1,2}(\.\d+)?, ?-?\d{1,3}(\.\d+)?", "'latitude, longitude'"),
    "URL": _text(r"https?://\S+", "an absolute URL"),
    **dict.fromkeys(FREE_TEXT.split(), _text()),
    "BOOLEAN": SemanticType("BOOLEAN", Kind.BOOLEAN, re.compile(""), "true or false"),
    "NUMBER": NUMBER_TYPE,
    "PERCENT": NUMBER_TYPE,
    **{f"CURRENCY_{currency}": NUMBER_TYPE for currency in CURRENCIES.split()},
}
