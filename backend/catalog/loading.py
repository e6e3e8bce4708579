"""Reads `schema/*.yaml`; a malformed file is refused with its name, the line and the reason."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from backend.catalog.model import Dataset
from backend.errors import SchemaFileError

SCHEMA_FOLDER = Path(__file__).resolve().parents[2] / "schema"


def load_catalog(folder: Path = SCHEMA_FOLDER) -> dict[str, Dataset]:
    """All datasets by name, the order of their files' names.

    Raises `SchemaFileError` (`FILE:LINE: REASON`) for the first file that is malformed.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise SchemaFileError(f"{folder}: no dataset is declared here (*.yaml)")
    return {dataset.name: dataset for dataset in map(load_dataset, files)}


def load_dataset(file: Path) -> Dataset:
    """One declared dataset; its name must be that of the file. Raises `SchemaFileError`."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        raise SchemaFileError(f"{file.name}:{mark.line + 1 if mark else 1}: {_first_line(error)}") from error
    _refuse_repeated_keys(file, root)
    try:
        dataset = Dataset.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        path = [part for part in problem["loc"] if part not in ("dimension", "metric", "ratio")]
        where = ".".join(str(part) for part in path)
        reason = problem["msg"].removeprefix("Value error, ")
        raise SchemaFileError(
            f"{file.name}:{_line(root, path, reason)}: {where + ': ' if where else ''}{reason}"
        ) from None
    if dataset.name != file.stem:
        raise SchemaFileError(f"{file.name}:1: the dataset is named {dataset.name!r}, its file {file.stem!r}")
    return dataset


def _first_line(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]


def _refuse_repeated_keys(file: Path, node: yaml.Node | None) -> None:
    """YAML lets a later key win silently; in a reviewed file that is a mistake."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise SchemaFileError(f"{file.name}:{key.start_mark.line + 1}: {key.value!r} is given twice")
            seen.add(key.value)
            _refuse_repeated_keys(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(file, item)


def _line(root: yaml.Node | None, path: list[int | str], reason: str) -> int:
    """The line of the deepest node on the path, or of the field that a check over the whole dataset names."""
    node = root
    line = root.start_mark.line if root else 0
    for part in path:
        found = _child(node, part)
        if found is None:
            break
        node, line = found, found.start_mark.line
    if not path and reason.startswith("field "):
        line = _line_of_field(root, reason.split("'")[1]) or line
    return line + 1


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        item: yaml.Node = node.value[part]
        return item
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _line_of_field(root: yaml.Node | None, name: str) -> int | None:
    fields = _child(root, "fields")
    for item in fields.value if isinstance(fields, yaml.SequenceNode) else ():
        named = _child(item, "name")
        if named is not None and named.value == name:
            line: int = item.start_mark.line
            return line
    return None
