"""What the documents name exists: linked files, files of the guides, commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from relgen_assets.cli.app import app
from relgen_assets_tests.repository.tree import ROOT

FOLDERS = (".", "docs", "docker", "benchmarks")
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
TREES = ("relgen_assets/", "relgen_assets_tests/", "resources/", "docs/", "benchmarks/", ".ci/")


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def missing(paths: set[Path]) -> set[Path]:
    return {path for path in paths if not path.exists()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_to_a_file_of_the_repository_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    assert not missing({document.parent / target for target in targets if "://" not in target})


def test_every_file_that_the_guide_tells_to_touch_exists() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [path for path in re.findall(r"`([\w./]+)`", guide) if path.startswith(TREES)]
    assert named
    assert not missing({ROOT / path for path in named})


def relgen() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def commands_in_the_readme() -> list[tuple[str, str]]:
    """Return the first column of the README's table of commands: each name, and what follows it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\|", "/")
    return re.findall(r"^\| `relgen ([\w-]+) ?([^`]*)` \|", text, re.MULTILINE)


def test_the_readme_lists_exactly_the_commands_there_are() -> None:
    assert {name for name, _ in commands_in_the_readme()} == set(relgen().commands)
    for name, rest in commands_in_the_readme():
        command = relgen().commands[name]
        if isinstance(command, TyperGroup):
            assert {words.split()[0] for words in rest.split("/")} == set(command.commands)


def test_the_readme_names_only_options_there_are() -> None:
    for name, rest in commands_in_the_readme():
        options = {
            option for parameter in relgen().commands[name].params for option in parameter.opts
        }
        assert set(re.findall(r"--[\w-]+", rest)) <= options, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_in_prose_exist_with_their_options(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name, rest in re.findall(r"`relgen ([a-z][\w-]*)([^`]*)`", text):
        command = relgen().commands.get(name)
        assert command, f"there is no command {name!r}"
        if isinstance(command, TyperGroup) or not rest:
            continue
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= options, f"relgen {name}{rest}"


def test_every_test_file_of_the_fault_tables_exists() -> None:
    """In a process of its own: benchmarks may import tests, and never the other way round."""
    listing = "from benchmarks.faults import GROUPS; print(*sum(GROUPS.values(), ()), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True
    )
    named = {Path(line) for line in done.stdout.splitlines()}
    assert named
    assert not missing(named)
