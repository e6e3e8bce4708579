"""`provision-client`: the OAuth client that extraction works with."""

import os
import re
from pathlib import Path

import click
import orjson

from backend.genesys.payload_files import PayloadError, read_payload
from backend.genesys.provisioning import PERMISSIONS, client_payload, create_client
from backend.genesys.regions import GenesysAddress, region_address

_NO_ROLE = (
    "roleDivisions: none, so the client could read nothing. Give --role-division ROLE_ID:DIVISION_ID for every "
    f"division that is reported on, of a role with {', '.join(PERMISSIONS)}"
)


@click.command("provision-client")
@click.argument("payload_file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--role-division", "role_divisions", multiple=True, metavar="ROLE_ID:DIVISION_ID", help="Repeatable.")
@click.option(
    "--admin-token", metavar="env:NAME|file:PATH", help="Send it, with the administrator's token found there."
)
@click.option("--secret-file", type=click.Path(path_type=Path), help="New file that takes the client's secret.")
@click.option("--region", envvar="GENESYS_REGION", help="AWS region name or domain; default GENESYS_REGION.")
@click.option("--api-url", envvar="GENESYS_API_URL", help="API address instead of a region; default GENESYS_API_URL.")
def provision_client(
    payload_file: Path | None,
    role_divisions: tuple[str, ...],
    admin_token: str | None,
    secret_file: Path | None,
    region: str | None,
    api_url: str | None,
) -> None:
    """Prints the payload of the OAuth client, or creates the client with --admin-token.

    PAYLOAD_FILE (JSON) changes its name and the like; one in the terms of older guides is translated, with a warning
    for each key. The secret goes to --secret-file, readable by its owner only, and is shown nowhere.
    """
    payload = _payload(payload_file, role_divisions)
    if admin_token is None:
        click.echo(orjson.dumps(payload, option=orjson.OPT_INDENT_2))
        return
    token = _token(admin_token)
    if secret_file is None:
        raise click.UsageError("--admin-token needs --secret-file: Genesys shows the secret only once.")
    if not payload.get("roleDivisions"):
        raise click.UsageError(_NO_ROLE)
    address = _address(region, api_url)
    _create_secret_file(secret_file)
    try:
        created = create_client(address, token, payload)
    except BaseException:
        secret_file.unlink()
        raise
    secret_file.write_text(created.secret + "\n", encoding="utf-8")
    click.echo(f"GENESYS_CLIENT_ID={created.id}\nGENESYS_CLIENT_SECRET=file:{secret_file.absolute()}")


def _payload(file: Path | None, role_divisions: tuple[str, ...]) -> dict[str, object]:
    given: dict[str, object] = {}
    warnings: list[str] = []
    if file:
        try:
            given, warnings = read_payload(file.read_bytes())
        except PayloadError as error:
            raise click.ClickException(f"{file}: {error}") from None
    payload = client_payload(given, [_pair(text) for text in role_divisions])
    if not payload.get("roleDivisions"):
        warnings.append(_NO_ROLE)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    return payload


def _pair(text: str) -> tuple[str, str]:
    role, _, division = text.partition(":")
    if not role or not division:
        raise click.UsageError(f"--role-division {text!r}: expected ROLE_ID:DIVISION_ID")
    return role, division


def _address(region: str | None, api_url: str | None) -> GenesysAddress:
    """Only the API address matters here; the administrator has logged in elsewhere."""
    if api_url:
        return GenesysAddress(api_url.rstrip("/"), api_url.rstrip("/"))
    if region:
        return region_address(region)
    raise click.UsageError("--region is missing (or GENESYS_REGION, --api-url, GENESYS_API_URL)")


def _token(reference: str) -> str:
    kind, _, place = reference.partition(":")
    if kind not in ("env", "file") or not place:
        raise click.UsageError(
            "--admin-token takes env:NAME or file:PATH, never the token: others on this machine can read a command "
            "line, and the shell keeps it."
        )
    try:
        token = (os.environ.get(place, "") if kind == "env" else Path(place).read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"--admin-token: {place} cannot be read ({type(error).__name__})") from None
    if not re.fullmatch(r"[!-~]+", token):
        raise click.ClickException(f"--admin-token: {reference} holds no token (one word of printable characters)")
    return token


def _create_secret_file(file: Path) -> None:
    """Made before the client is, so that a secret is never left without a place."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise click.ClickException(f"--secret-file: {file} cannot be created ({error.strerror})") from None
