"""The operator's command line: `python -m backend ...`, one module a command."""

from typing import Any

import click

from backend.cli.backfill import backfill
from backend.cli.configuration import print_settings
from backend.cli.doctor import examine
from backend.cli.drift import report_drift
from backend.cli.explain import lag, tie_out, why
from backend.cli.provision import provision_client
from backend.cli.records import flatten_files
from backend.cli.repairs import quarantine, rebuild, resync_history
from backend.cli.runs import list_runs
from backend.errors import SchemaFileError, ServiceError, SettingsError


class _Commands(click.Group):
    """A bad setting, a bad schema file or a named error ends a command with one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, SchemaFileError) as error:
            raise SystemExit(str(error)) from None
        except ServiceError as error:
            raise SystemExit(f"{error.message} [{error.debug}]" if error.debug else error.message) from None


@click.group(
    cls=_Commands,
    commands=(
        flatten_files,
        print_settings,
        provision_client,
        examine,
        list_runs,
        report_drift,
        backfill,
        resync_history,
        quarantine,
        rebuild,
        why,
        lag,
        tie_out,
    ),
    help="Genesys Cloud interactions in Looker Studio: the operator's commands.",
)
def commands() -> None:
    pass


def main() -> None:
    commands(prog_name="python -m backend")
