import pytest
import requests
from google.api_core.exceptions import Forbidden, NotFound, RetryError, ServiceUnavailable
from google.auth.exceptions import DefaultCredentialsError

from backend.errors import NotReadyError, ServiceError, WarehouseUnavailableError
from backend.warehouse.client import RETRY, Warehouse, warehouse_errors
from tests.conftest import MakeSettings


@pytest.mark.parametrize(
    ("raised", "named", "said"),
    [
        pytest.param(NotFound("no table t"), NotReadyError, "NotFound: no table t", id="missing table"),
        pytest.param(Forbidden("no access"), WarehouseUnavailableError, "Forbidden: no access", id="forbidden"),
        pytest.param(
            RetryError("late", ServiceUnavailable("busy")), WarehouseUnavailableError, "Unavailable: busy", id="retried"
        ),
        pytest.param(DefaultCredentialsError("none"), WarehouseUnavailableError, "none", id="no credentials"),
        pytest.param(requests.ConnectionError("no route"), WarehouseUnavailableError, "no route", id="unreachable"),
        pytest.param(TimeoutError("slow"), WarehouseUnavailableError, "TimeoutError: slow", id="timeout"),
    ],
)
def test_the_librarys_errors_get_our_names(raised: Exception, named: type[ServiceError], said: str) -> None:
    with pytest.raises(named) as failed, warehouse_errors("reading the state"):
        raise raised
    assert type(failed.value) is named
    assert failed.value.debug.startswith("reading the state: ")
    assert said in failed.value.debug
    assert said not in failed.value.message


def test_a_defect_of_ours_keeps_its_own_name() -> None:
    with pytest.raises(ZeroDivisionError), warehouse_errors("reading the state"):
        raise ZeroDivisionError


def test_a_warehouse_that_nobody_listens_for_is_unavailable(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.warehouse.client.RETRY", RETRY.with_timeout(0.2))
    warehouse = Warehouse(make_settings())
    with pytest.raises(WarehouseUnavailableError), warehouse_errors("asking"):
        warehouse.run("SELECT 1")


def test_names_are_quoted_whole(unreached: Warehouse) -> None:
    assert unreached.table("lookups") == "`project.genesys.lookups`"
