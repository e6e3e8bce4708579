"""A stand-in for the Genesys Cloud platform API over a simulated contact centre.

Login and API answer at one address. What the platform would refuse is refused, and so is what isn't simulated.
"""

from collections.abc import Iterable

from flask import Flask, Response, g, request

from .aggregates import Aggregates
from .errors import correlation_id, register
from .faults import Fault, Faults, strike_after, strike_before
from .instants import Clock, system_clock
from .jobs import Jobs, Lake
from .limits import RateLimit
from .lookups import Lookups
from .oauth import Client, Login, bearer_token
from .queries import Queries
from .world import World

__all__ = ["Client", "Fault", "Lake", "World", "create_app"]

_LARGEST_REQUEST = 512_000
DEFAULT_CLIENT = Client("sandbox-client", "sandbox-secret")
DEFAULT_LAKE = Lake()


def create_app(
    world: World,
    *,
    clock: Clock = system_clock,
    limit_per_minute: int = 300,
    client: Client = DEFAULT_CLIENT,
    lake: Lake = DEFAULT_LAKE,
    faults: Iterable[Fault] = (),
) -> Flask:
    """The simulator as a WSGI application; `clock` gives the world's now in milliseconds since 1970."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.url_map.strict_slashes = False
    login, limits, schedule = Login(client, clock), RateLimit(limit_per_minute, clock), Faults(faults)
    parts = (
        login,
        Queries(world, clock),
        Jobs(world, clock, lake),
        Aggregates(world, clock),
        Lookups(world.organization, clock, login, limits),
        schedule,
    )
    for part in parts:
        app.register_blueprint(part.blueprint())
    register(app)
    _guard(app, login, limits, schedule)
    return app


def _guard(app: Flask, login: Login, limits: RateLimit, faults: Faults) -> None:
    """What happens around every request: faults, authentication, the rate limit, headers."""

    @app.before_request
    def enter() -> None:
        is_api = request.path.startswith("/api/")
        if not is_api and not request.path.startswith("/oauth/"):
            return
        token = bearer_token()
        if is_api:
            g.allowance = limits.take(token)
        fault = g.fault = faults.take(request.path)
        if fault:
            strike_before(fault, login)
        if is_api:
            login.check(token)
            g.allowance.check()

    @app.after_request
    def leave(response: Response) -> Response:
        response.headers["ININ-Correlation-Id"] = correlation_id()
        if "allowance" in g:
            response.headers.extend(g.allowance.headers)
        fault = g.get("fault")
        return strike_after(fault, response) if fault else response
