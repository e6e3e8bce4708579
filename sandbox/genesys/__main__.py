"""`python -m sandbox.genesys`: serve the simulator on this machine until it is told to end."""

import argparse
import signal
import sys
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from . import DEFAULT_CLIENT, Client, Lake, create_app
from .instants import MINUTE, system_clock
from .state import load_or_begin


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave ordinary requests out of the log."""


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and serve; SIGTERM and Ctrl-C end the process at once with exit code 0."""
    options = _parser().parse_args(arguments)
    try:
        state = load_or_begin(
            options.state, system_clock(), seed=options.seed, conversations=options.conversations, days=options.days
        )
        world = state.world()
        client = Client(options.client_id, options.client_secret, options.token_seconds)
        lake = Lake(lag=options.data_lag_minutes * MINUTE)
        app = create_app(world, limit_per_minute=options.requests_per_minute, client=client, lake=lake)
        server = make_server("127.0.0.1", options.port, app, threaded=True, request_handler=_QuietHandler)
    except (ValueError, OSError) as error:
        sys.exit(f"The simulator cannot start: {error}")
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: sys.exit(0))
    print(
        f"Simulated Genesys Cloud at http://127.0.0.1:{server.server_port} (seed {state.seed}, "
        f"first start {state.first_start}, {state.conversations} conversations in {state.days} days)",
        flush=True,
    )
    server.serve_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.genesys", description="Simulated Genesys Cloud platform API"
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps the world between starts")
    parser.add_argument("--seed", type=int, default=1, help="which world (first start only)")
    parser.add_argument("--conversations", type=int, default=20_000, help="how many before the first start")
    parser.add_argument("--days", type=int, default=7, help="in how many days before the first start")
    parser.add_argument("--requests-per-minute", type=int, default=300, help="limit of one token")
    parser.add_argument("--token-seconds", type=int, default=DEFAULT_CLIENT.token_seconds, help="life of a token")
    parser.add_argument("--data-lag-minutes", type=int, default=300, help="how far detail jobs lag behind")
    parser.add_argument("--client-id", default=DEFAULT_CLIENT.id)
    parser.add_argument("--client-secret", default=DEFAULT_CLIENT.secret)
    return parser


if __name__ == "__main__":
    main()
