"""What can be told from the files alone; types and lint are checked by `static/check.sh`."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.connector_apps_script.conftest import CONNECTOR

MANIFEST = json.loads((CONNECTOR / "appsscript.json").read_text())
VALIDATOR = Draft202012Validator(json.loads((Path(__file__).parent / "static" / "manifest.schema.json").read_text()))
SCRIPTS = sorted(CONNECTOR.glob("*.js"))
DECLARED = sorted((CONNECTOR.parent / "schema").glob("*.yaml"))
ENTRY_POINTS = {
    "getAuthType",
    "isAuthValid",
    "setCredentials",
    "resetAuth",
    "isAdminUser",
    "getConfig",
    "getSchema",
    "getData",
}


def test_manifest_is_valid() -> None:
    assert [error.message for error in VALIDATOR.iter_errors(MANIFEST)] == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "A name that is longer than 28 characters"},
        {"addOnUrl": "https://example.com/"},
        {"logoUrl": "http://example.com/"},
        {"authType": ["key"]},
        {"shortDescription": "x" * 115},
    ],
    ids=lambda change: next(iter(change)),
)
def test_manifest_schema_refuses(change: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid({**MANIFEST, "dataStudio": {**MANIFEST["dataStudio"], **change}})


def test_entry_points_are_top_level_functions() -> None:
    declared = set(re.findall(r"^function (\w+)\(", (CONNECTOR / "Code.js").read_text(), re.MULTILINE))
    assert declared >= ENTRY_POINTS


@pytest.mark.parametrize("declaration", DECLARED, ids=lambda path: path.stem)
def test_no_field_name_in_the_script(declaration: Path) -> None:
    names = {field["name"] for field in yaml.safe_load(declaration.read_text())["fields"]}
    assert names
    for script in SCRIPTS:
        assert not names & set(re.findall(r"\w+", script.read_text())), script.name


def test_clasp_pushes_the_connector_and_nothing_else() -> None:
    patterns = (CONNECTOR / ".claspignore").read_text().split()
    assert patterns == ["**/**", "!appsscript.json", "!*.js"]
    assert set(json.loads((CONNECTOR / ".clasp.json.example").read_text())) == {"scriptId", "rootDir"}
