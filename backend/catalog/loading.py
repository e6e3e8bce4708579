"""Reads `schema/*.yaml`; a malformed file is refused with its name, the line and the reason."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from backend.catalog.model import Dataset, MisplacedError
from backend.errors import SchemaFileError

# The same safe loader, ten times quicker where libyaml is at hand.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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
        text = file.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=_Loader)
        content = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        raise SchemaFileError(f"{file.name}:{mark.line + 1 if mark else 1}: {_first_line(error)}") from error
    _refuse_repeated_keys(file, root)
    try:
        dataset = Dataset.model_validate(content)
    except ValidationError as error:
        raise SchemaFileError(f"{file.name}:{_problem(root, error)}") from None
    if dataset.name != file.stem:
        line = _line(root, ["name"])
        raise SchemaFileError(f"{file.name}:{line}: the dataset is named {dataset.name!r}, its file {file.stem!r}")
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


def _problem(root: yaml.Node | None, error: ValidationError) -> str:
    """`LINE: WHERE: REASON` of the first problem."""
    problem = error.errors()[0]
    # After a field's position pydantic puts its kind, which is no key of the file.
    path = [part for i, part in enumerate(problem["loc"]) if problem["loc"][0] != "fields" or i != 2]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, MisplacedError):
        path += cause.path
    where = f"{'.'.join(map(str, path))}: " if path else ""
    return f"{_line(root, path)}: {where}{problem['msg'].removeprefix('Value error, ')}"


def _line(root: yaml.Node | None, path: list[int | str]) -> int:
    """The line of the deepest entry on the path."""
    node = root
    line = root.start_mark.line if root else 0
    for part in path:
        entry = _entry(node, part)
        if entry is None:
            break
        line, node = entry
    return line + 1


def _entry(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    """Where an item, or the key of a value, stands, and the item or value itself."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        item: yaml.Node = node.value[part]
        return item.start_mark.line, item
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == part), None)
    return None
