"""The commands `relgen prompts …`, and that no command starts with a prompt that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relgen_assets.prompts import PROMPT_TASKS
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen

OWN = "=== system ===\nBe brief.\n=== user ===\n{abstract} {section_names}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "relgen.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_templates_are_copied_once_changed_and_listed(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("prompts", "init")
    assert code == 0
    assert output.count("written") == len(PROMPT_TASKS)
    assert relgen("prompts", "diff")[1] == "Every template is as bundled.\n"

    (folder / "prompts" / "summary.txt").write_text(OWN)
    code, output, _ = relgen("prompts", "init")
    assert code == 0
    assert "prompts/summary.txt: kept, differs from the bundled one" in output
    assert (folder / "prompts" / "summary.txt").read_text() == OWN
    assert "+Be brief." in relgen("prompts", "diff")[1]

    code, output, _ = relgen("prompts", "list")
    assert code == 0
    assert "prompts/summary.txt, changed" in output
    assert "prompts/extraction_schema.txt, as bundled" in output


def test_the_list_as_json_is_one_document(folder: Path, relgen: Relgen) -> None:
    (folder / "prompts").mkdir()
    (folder / "prompts" / "summary.txt").write_text(OWN)
    listed = json.loads(relgen("prompts", "list", "--json")[1])["prompts"]
    assert [one["template"] for one in listed] == list(PROMPT_TASKS)
    others = [None] * (len(PROMPT_TASKS) - 1)
    assert [one["file"] for one in listed] == ["prompts/summary.txt", *others]
    assert [one["changed"] for one in listed] == [True, *(False for _ in others)]


def test_a_run_with_a_wrong_prompt_asks_nothing(
    tmp_path: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with FakeLlamaServer() as server:
        write_project(tmp_path, articles(1), server)
        (tmp_path / "prompts").mkdir()
        (tmp_path / "prompts" / "summary.txt").write_text(OWN.replace("===", "==", 1))
        code, _, error = relgen("run")
        assert code != 0
        assert "prompts/summary.txt, line 1: '== system ===' is not a header" in error
        assert not server.requests
