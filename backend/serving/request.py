"""The bodies that the connector script sends, as typed objects.

Keys that are not declared are ignored, since the host adds some; a null counts as absent.
"""

import msgspec

from backend.errors import RequestError

type Value = str | bool | int | float | None
type ConfigParams = dict[str, Value]


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    pass


class DateRange(_Body, frozen=True):
    """Days `YYYY-MM-DD`, both included, of the configured time zone."""

    start_date: str | None = None
    end_date: str | None = None


class RequestedField(_Body, frozen=True):
    name: str
    for_filter_only: bool | None = None


class Filter(_Body, frozen=True):
    """One condition of the host; `type` is INCLUDE or EXCLUDE, `operator` one of its eleven."""

    field_name: str
    operator: str
    type: str
    values: list[Value] | None = None


class ScriptParams(_Body, frozen=True):
    """What the host says of the call itself; a sample is one by which it looks at the types of fields."""

    sample_extraction: bool | None = None


class Empty(_Body, frozen=True):
    """Body of `/v1/credentials`."""


class ConfigRequest(_Body, frozen=True):
    """Body of `/v1/config` and `/v1/schema`."""

    config_params: ConfigParams | None = None


class DataRequest(_Body, frozen=True):
    """Body of `/v1/data`. `dimensions_filters` is an AND of ORs; `pending` is the token of an unfinished answer."""

    config_params: ConfigParams | None = None
    script_params: ScriptParams | None = None
    date_range: DateRange | None = None
    fields: list[RequestedField] | None = None
    dimensions_filters: list[list[Filter]] | None = None
    pending: str | None = None

    @property
    def is_sample(self) -> bool:
        return self.script_params is not None and bool(self.script_params.sample_extraction)


def read_body[T: _Body](kind: type[T], body: bytes) -> T:
    """The body as `kind`; raises `RequestError` that names the path of what is wrong."""
    try:
        body.decode("utf-8")
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError as error:
        raise RequestError(f"The request is not valid UTF-8 (byte {error.start}). Send JSON in UTF-8.") from None
    except RecursionError:
        raise RequestError("The request is nested too deeply. Send the request as Looker Studio makes it.") from None
    except msgspec.DecodeError as error:
        raise RequestError(f"The request is malformed: {error}. Send it as Looker Studio makes it.") from None
