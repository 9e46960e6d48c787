"""How a document is read: its commands, what a table of commands means, what output matches."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets_tests.readme.document import Form, Step, commands_of, read_steps
from relgen_assets_tests.readme.reader import Reader, lines_missing, with_sections

DOCUMENT = """\
# Title

Prose with `relgen run` in it.

    .venv/bin/relgen demo   # four minutes

```toml
[batches]
size = 2
```

| command | what it does |
|---|---|
| `relgen run [--batches KEY\\|FIRST:LAST]` | runs |
| `relgen ui` | shows |
"""


def test_steps_come_in_the_order_written() -> None:
    assert read_steps(DOCUMENT) == [
        Step(Form.shell, ".venv/bin/relgen demo   # four minutes", 5),
        Step(Form.settings, "[batches]\nsize = 2", 7),
        Step(Form.table, "relgen run [--batches KEY|FIRST:LAST]\nrelgen ui", 14),
    ]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("```ruby\nputs 1\n```", "line 1: nothing is known"),
        ("text\n```python", "line 2: this fence"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(document: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_steps(document)


@pytest.mark.parametrize(
    ("synopsis", "commands"),
    [
        ("relgen ui", ["relgen ui"]),
        (
            "relgen run [--batches KEY|FIRST:LAST] [--missing]",
            ["relgen run", "relgen run --batches KEY --missing"],
        ),
        (
            "relgen ledger stats|show ENTRY|prune",
            ["relgen ledger stats", "relgen ledger show ENTRY", "relgen ledger prune"],
        ),
    ],
)
def test_a_row_stands_for_the_bare_command_and_for_the_one_with_all_options(
    synopsis: str, commands: list[str]
) -> None:
    assert commands_of(synopsis) == commands


def test_a_section_replaces_those_of_its_name_and_leaves_the_others() -> None:
    settings = (
        "# mine\n[source]\nkind = 'sample'\n[batches]\nsize = 3\n[[pool.endpoints]]\nname = 'a'\n"
    )
    changed = with_sections(settings, "[source]\nkind = 'files'\n[[pool.endpoints]]\nname = 'b'")
    assert "# mine" in changed and "size = 3" in changed and "'files'" in changed
    assert "'sample'" not in changed and "'a'" not in changed


def test_printed_lines_match_whatever_their_figures_and_spacing() -> None:
    printed = (
        "batch    articles\npapers-00001   20\nError: gpu-0 refused the connection. Start it.\n"
    )
    assert not lines_missing("batch articles\npapers-00000 3\nError: … Start it.", printed)
    assert lines_missing("batch rows", printed) == ["batch rows"]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "clone", not_run=frozenset({"make coffee"}))


@pytest.mark.parametrize(
    "command", ["make tea", ".venv/bin/pip install anything", "make coffee -x"]
)
def test_a_command_that_is_neither_run_nor_named_as_not_run_is_an_error(
    reader: Reader, command: str
) -> None:
    with pytest.raises(AssertionError, match="neither run nor named as not run"):
        reader.follow(Step(Form.shell, command, 1))


def test_a_command_that_is_named_as_not_run_is_not_run(reader: Reader) -> None:
    reader.follow(Step(Form.shell, "make coffee", 1))
    assert reader.skipped == {"make coffee"}


def test_a_program_that_fails_is_an_error_with_what_it_printed(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="no coffee"):
        reader.follow(Step(Form.python, "raise SystemExit('no coffee')", 1))


def test_a_reader_who_changes_the_folder_stays_there(reader: Reader) -> None:
    (reader.folder / "mine").mkdir()
    reader.follow(Step(Form.shell, "cd mine", 1))
    reader.follow(Step(Form.python, "from pathlib import Path; print(Path.cwd().name)", 2))
    assert reader.output == "mine\n"


def test_settings_are_put_into_the_file(reader: Reader) -> None:
    reader.follow(Step(Form.settings, "[batches]\nsize = 7", 1))
    reader.follow(
        Step(Form.python, "import tomllib; print(tomllib.load(open('relgen.toml','rb')))", 1)
    )
    assert "'batches': {'size': 7}" in reader.output
