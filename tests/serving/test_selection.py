import pytest

from backend.catalog import load_catalog
from backend.errors import InvalidDateRangeError, RequestError, UnknownFieldError
from backend.serving.config import read_config
from backend.serving.request import DataRequest, DateRange, Filter, RequestedField
from backend.serving.selection import Selection, read_selection

CATALOG = load_catalog()
APPLICABLE = Filter("direction", "EQUALS", "INCLUDE", ["inbound"])
UNKNOWN = Filter("direction", "NEW_OP", "INCLUDE", ["inbound"])


def select(*names: str, filters: list[list[Filter]] | None = None) -> Selection:
    """`name?` stands for a field that is asked for its filter only."""
    fields = [RequestedField(name.rstrip("?"), for_filter_only=name.endswith("?") or None) for name in names]
    period = DateRange("2024-03-10", "2024-03-10")
    request = DataRequest(date_range=period, fields=fields, dimensions_filters=filters)
    return read_selection(request, read_config(None, CATALOG))


@pytest.mark.parametrize(
    ("names", "filters", "shown", "applied"),
    [
        pytest.param(["outcome", "interactions"], None, ["outcome", "interactions"], True, id="no filters"),
        pytest.param(["interactions", "outcome"], None, ["interactions", "outcome"], True, id="metric first"),
        pytest.param(["direction?", "outcome"], [[APPLICABLE]], ["outcome"], True, id="filter field first"),
        pytest.param(
            ["outcome", "direction?", "channel"],
            [[APPLICABLE]],
            ["outcome", "channel"],
            True,
            id="filter field between",
        ),
        pytest.param(["outcome", "direction?"], [[UNKNOWN]], ["outcome", "direction"], False, id="not applicable"),
        pytest.param(
            ["outcome", "direction?"],
            [[APPLICABLE], [UNKNOWN]],
            ["outcome", "direction"],
            False,
            id="one of two not applicable",
        ),
        pytest.param(["direction?"], [[APPLICABLE]], ["direction"], False, id="only fields for filters"),
        pytest.param(["outcome", "outcome"], None, ["outcome"], True, id="asked for twice"),
        pytest.param(
            ["direction?", "outcome", "direction"],
            [[APPLICABLE]],
            ["outcome", "direction"],
            True,
            id="shown and filtered",
        ),
    ],
)
def test_which_fields_are_answered(
    names: list[str], filters: list[list[Filter]] | None, shown: list[str], applied: bool
) -> None:
    selection = select(*names, filters=filters)
    assert [field.name for field in selection.fields] == shown
    assert selection.filters_applied is applied
    assert bool(selection.predicates) is bool(filters and applied)


@pytest.mark.parametrize(
    ("request_", "error", "said"),
    [
        pytest.param(DataRequest(), RequestError, "asks for no field", id="no fields"),
        pytest.param(DataRequest(fields=[]), RequestError, "asks for no field", id="empty fields"),
        pytest.param(
            DataRequest(fields=[RequestedField("outcome")]), InvalidDateRangeError, "no date range", id="no date range"
        ),
    ],
)
def test_incomplete_requests(request_: DataRequest, error: type[RequestError], said: str) -> None:
    with pytest.raises(error, match=said):
        read_selection(request_, read_config(None, CATALOG))


@pytest.mark.parametrize(
    "name", ["agent_id", "record_hash", "created_date", "", "channel; DROP TABLE x", "chanel", "x" * 1_000_000]
)
def test_only_declared_fields_are_known(name: str) -> None:
    with pytest.raises(UnknownFieldError, match="Refresh fields") as refused:
        select("outcome", name)
    assert len(refused.value.message) < 400


def test_an_unknown_field_is_named_also_when_it_is_for_a_filter_only() -> None:
    with pytest.raises(UnknownFieldError, match="'retired_field'"):
        select("outcome", "retired_field?", filters=[[APPLICABLE]])
