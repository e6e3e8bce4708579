"""What a served field is: dimensions, additive metrics, and ratios of them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
type Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
type TimeType = Literal[
    "YEAR_MONTH_DAY", "YEAR_MONTH_DAY_HOUR", "YEAR_MONTH_DAY_SECOND", "YEAR_WEEK", "HOUR", "DAY_OF_WEEK"
]
type Switch = Literal["includeFlowOuts", "includeShortAbandons", "includeAbandons"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Served(Frozen):
    name: Name
    label: Text
    description: Text
    group: Text
    default: bool = False


class NullLabel(Frozen):
    """What is served in place of NULL, where the BOOL column `when` holds, or anyway."""

    label: Text
    when: Name | None = None


class Dimension(_Served):
    """A served dimension: a column, in the text form of its Looker Studio type.

    Times are of UTC or, for `local`, of the configured zone. `form` derives what no column holds: the zone's
    `utc_offset` at a TIMESTAMP, the `negated` BOOL, or whether a TIMESTAMP is `unsettled`, not before the moment up to
    which everything is settled. That moment itself is the `fact` that stands in place of a column.
    """

    kind: Literal["dimension"]
    type: Literal["TEXT", "BOOLEAN"] | TimeType
    column: Name | None = None
    fact: Literal["settled_through"] | None = None
    zone: Literal["utc", "local"] = "utc"
    form: Literal["utc_offset", "negated", "unsettled"] | None = None
    upper: bool = False
    null_labels: tuple[NullLabel, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.column is None) == (self.fact is None):
            raise ValueError("a dimension is of a `column` or of a `fact`")
        wanted = {"utc_offset": "TEXT", "negated": "BOOLEAN", "unsettled": "BOOLEAN"}
        if self.form and self.type != wanted[self.form]:
            raise ValueError(f"`{self.form}` is {wanted[self.form]}")
        return self


class Term(Frozen):
    """One column of a sum of counts: added or, for `minus`, subtracted, `when` or `unless` a switch is on."""

    column: Name
    minus: bool = False
    when: Switch | None = None
    unless: Switch | None = None


class Metric(_Served):
    """An additive metric: it may be summed over any grouping.

    `count` counts rows, `count_true` and `count_present` those where a column is; `sum` is NULL over no values and
    `total`, a sum of counts, is 0 there. With `since` the value is the time from that TIMESTAMP to the column's, and
    then as for `milliseconds` the sum is served in seconds.
    """

    kind: Literal["metric"]
    type: Literal["NUMBER"] = "NUMBER"
    aggregate: Literal["count", "count_true", "count_present", "sum", "total"]
    column: Name | None = None
    since: Name | None = None
    milliseconds: bool = False
    terms: tuple[Term, ...] = ()
    hidden: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.terms and (self.aggregate != "total" or self.column is not None):
            raise ValueError("`terms` are for a `total` and stand in place of its column")
        if (self.column is None) != (self.aggregate == "count" or bool(self.terms)):
            raise ValueError("`count` counts rows and takes no column; every other aggregate needs one")
        if self.since is not None and self.aggregate not in ("sum", "count_present"):
            raise ValueError("`since` is for `sum` and `count_present`")
        return self


class Ratio(_Served):
    """A formula metric: one additive metric over another, computed by the host at the chart's grouping."""

    kind: Literal["ratio"]
    type: Literal["NUMBER", "PERCENT"]
    numerator: Name
    denominator: Name


type ServedField = Annotated[Dimension | Metric | Ratio, Field(discriminator="kind")]
