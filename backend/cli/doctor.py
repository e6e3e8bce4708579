"""`doctor`: everything that the service needs, one line each."""

from collections.abc import Iterator

import click

from backend.catalog import load_catalog
from backend.cli.connections import genesys_client
from backend.cli.examination import Finding, examine_in_order
from backend.cli.genesys_checks import genesys_checks
from backend.cli.warehouse_checks import warehouse_checks
from backend.errors import SchemaFileError, SettingsError
from backend.settings import load_settings
from backend.warehouse.client import Warehouse


@click.command("doctor")
def examine() -> None:
    """Checks settings, Genesys and BigQuery: a line each says ok, or what to do. Exit 1 where any is not ok.

    Sends some fifteen requests to Genesys and creates the BigQuery tables that are missing, as every run does.
    """
    fit = True
    for finding in _findings():
        click.echo(f"{'ok  ' if finding.is_ok else 'MEND'}  {finding.name}: {finding.text}")
        fit = fit and finding.is_ok
    if not fit:
        raise click.exceptions.Exit(1)


def _findings() -> Iterator[Finding]:
    try:
        settings, catalog = load_settings(), load_catalog()
        client = genesys_client(settings)
    except (SettingsError, SchemaFileError) as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, "complete")
    yield from examine_in_order(genesys_checks(settings, client))
    yield from examine_in_order(warehouse_checks(Warehouse(settings), catalog))
