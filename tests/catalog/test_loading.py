"""A malformed file is refused with its name, the line and the reason."""

from pathlib import Path

import pytest

from backend.catalog import load_catalog
from backend.errors import SchemaFileError

VALID = """\
# A comment, so that the first key is not on line 1.
name: calls
label: Calls
description: One row a call.
table:
  partition: started
  cluster: [queue]
  columns:
    - {name: started, type: TIMESTAMP, required: true, description: When}
    - {name: queue, type: STRING, description: Where}
    - {name: seconds, type: NUMERIC, description: How long}
    - {name: lost, type: BOOL, description: Whether}
fields:
  - kind: dimension
    name: queue_name
    label: Queue
    description: The queue.
    group: Routing
    type: TEXT
    column: queue
    null_labels:
      - {when: lost, label: Lost}
  - kind: metric
    name: time
    label: Time
    description: The time.
    group: Times
    aggregate: sum
    column: seconds
  - kind: metric
    name: calls
    label: Calls
    description: How many.
    group: Volume
    aggregate: count
  - kind: ratio
    name: mean
    label: Mean
    description: Time a call.
    group: Times
    type: NUMBER
    numerator: time
    denominator: calls
"""


def load(folder: Path, content: str, name: str = "calls.yaml") -> str:
    """Why the file is refused."""
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(SchemaFileError) as refused:
        load_catalog(folder)
    return str(refused.value)


def test_the_example_itself_is_valid(tmp_path: Path) -> None:
    (tmp_path / "calls.yaml").write_text(VALID, encoding="utf-8")
    assert [field.name for field in load_catalog(tmp_path)["calls"].fields] == ["queue_name", "time", "calls", "mean"]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        pytest.param("label: Calls\n", "lable: Calls\n", 2, "label: Field required", id="missing key"),
        pytest.param(
            "column: queue\n", "column: queue\n    colour: red\n", 21, "fields.0.colour: Extra inputs", id="unknown key"
        ),
        pytest.param(
            "column: queue\n", "column: queue\n    metric: x\n", 21, "fields.0.metric: Extra", id="unknown key metric"
        ),
        pytest.param(
            "group: Routing\n", "group: Routing\n    default: often\n", 19, "fields.0.default: Input", id="wrong type"
        ),
        pytest.param(
            "type: NUMERIC", "type: FLOAT", 11, "table.columns.2.type: Input should be 'STRING'", id="unknown type"
        ),
        pytest.param("name: queue_name", "name: Queue", 15, "fields.0.name: String should match", id="bad name"),
        pytest.param("label: Queue\n", 'label: " "\n', 16, "fields.0.label: String should have", id="blank text"),
        pytest.param("kind: ratio", "kind: quotient", 36, "fields.3: Input tag 'quotient'", id="unknown kind"),
        pytest.param("name: mean", "name: time", 36, "fields.3: 'time' is declared twice", id="duplicate field"),
        pytest.param(
            "name: lost,", "name: queue,", 12, "table.columns.3: 'queue' is declared twice", id="duplicate column"
        ),
        pytest.param("label: Time\n", "label: Time\n    label: T\n", 26, "'label' is given twice", id="duplicate key"),
        pytest.param(
            "column: seconds",
            "column: minutes",
            23,
            "fields.1: field 'time': 'minutes' is no column of the table",
            id="unknown column",
        ),
        pytest.param(
            "column: seconds",
            "column: queue",
            23,
            "fields.1: field 'time': column 'queue' is STRING",
            id="unfit column",
        ),
        pytest.param("when: lost", "when: queue", 14, "column 'queue' is STRING; expected BOOL", id="unfit condition"),
        pytest.param(
            "denominator: calls",
            "denominator: visits",
            36,
            "fields.3: field 'mean': 'visits' is no additive metric",
            id="ratio of a missing metric",
        ),
        pytest.param(
            "denominator: calls",
            "denominator: queue_name",
            36,
            "'queue_name' is no additive metric",
            id="ratio of a dimension",
        ),
        pytest.param(
            "partition: started", "partition: queue", 6, "table.partition: 'queue' is no TIMESTAMP", id="partition"
        ),
        pytest.param("cluster: [queue]", "cluster: [que]", 7, "table.cluster.0: 'que' is no column", id="cluster"),
        pytest.param(
            "aggregate: count\n", "aggregate: sum\n", 30, "fields.2: `count` counts rows", id="sum without a column"
        ),
        pytest.param("label: Calls\n", "label: [Calls\n", 4, "expected ',' or ']'", id="bad YAML"),
        pytest.param("label: Calls\n", "label: !!python/name:os\n", 3, "could not determine", id="YAML tag"),
        pytest.param(
            "name: calls\n", "name: visits\n", 2, "the dataset is named 'visits', its file 'calls'", id="name"
        ),
    ],
)
def test_a_malformed_file_is_refused_at_its_line(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    assert old in VALID
    said = load(tmp_path, VALID.replace(old, new, 1))
    assert said.startswith(f"calls.yaml:{line}: ")
    assert reason in said
    assert "\n" not in said


@pytest.mark.parametrize("content", ["", "- a list\n", "just text\n"], ids=["empty", "list", "text"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    assert load(tmp_path, content).startswith("calls.yaml:1: ")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calls.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(SchemaFileError, match=r"^calls\.yaml:1: .*utf-8"):
        load_catalog(tmp_path)


def test_a_folder_without_datasets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaFileError, match="no dataset is declared here"):
        load_catalog(tmp_path)
