"""A metric as SQL, summed over a group of rows or of a single row."""

from backend.catalog import Dataset, Metric, Ratio, Switch
from backend.serving.config import Detail


def metric_sql(metric: Metric, detail: Detail, switches: frozenset[Switch]) -> str:
    """The expression for one group of rows; of `interaction` detail, for one row."""
    aggregated = detail == "aggregated"
    if metric.terms:
        return _total_of_terms(metric, switches, aggregated=aggregated)
    value = f"t.{metric.column}"
    if metric.since:
        value = f"TIMESTAMP_DIFF({value}, t.{metric.since}, MILLISECOND)"
    match metric.aggregate:
        case "count":
            return "COUNT(*)" if aggregated else "1"
        case "count_true":
            return f"COUNTIF({value})" if aggregated else f"IF({value}, 1, 0)"
        case "count_present":
            return f"COUNT({value})" if aggregated else f"IF({value} IS NULL, 0, 1)"
        case "total":
            return _total(value, aggregated=aggregated)
        case "sum":
            total = f"SUM({value})" if aggregated else value
            # A product is exact in BigQuery and in its stand-in, which divides as FLOAT64.
            return f"CAST({total} AS NUMERIC) * NUMERIC '0.001'" if metric.since or metric.milliseconds else total


def ratio_sql(ratio: Ratio, dataset: Dataset, detail: Detail, switches: frozenset[Switch]) -> str:
    """NULL where the denominator is NULL or 0."""
    # Cast first: how BigQuery and its stand-in divide a NUMERIC by an INT64 differs.
    parts = (dataset.metric(name) for name in (ratio.numerator, ratio.denominator))
    return f"SAFE_DIVIDE({', '.join(f'CAST({metric_sql(part, detail, switches)} AS FLOAT64)' for part in parts)})"


def _total_of_terms(metric: Metric, switches: frozenset[Switch], *, aggregated: bool) -> str:
    signed = []
    for term in metric.terms:
        if (term.when is None or term.when in switches) and (term.unless is None or term.unless not in switches):
            signed += ["-" if term.minus else "+", _total(f"t.{term.column}", aggregated=aggregated)]
    return f"({' '.join(signed[1:])})"


def _total(value: str, *, aggregated: bool) -> str:
    return f"IFNULL({f'SUM({value})' if aggregated else value}, 0)"
