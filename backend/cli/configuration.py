"""`settings`: the table of all settings, or what is in force."""

import click
import orjson

from backend.settings import effective_settings, load_settings, settings_table


@click.command("settings")
@click.option("--in-force", is_flag=True, help="Print what is set now as JSON instead, without secrets.")
def print_settings(in_force: bool) -> None:
    """Prints the table of all settings (environment variables) in Markdown."""
    if in_force:
        click.echo(orjson.dumps(effective_settings(load_settings())))
        return
    click.echo("| name | default | unit | secret | what it is |\n| --- | --- | --- | --- | --- |")
    for row in settings_table():
        click.echo(f"| `{row['name']}` | {row['default']} | {row['unit']} | {row['secret']} | {row['help']} |")
