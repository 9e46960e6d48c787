"""`relgen preview`: what would be asked, before any server is."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import UNUSABLE, articles, asked, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen


def test_articles_prompts_and_what_is_unusable_are_shown_and_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen
) -> None:
    with FakeLlamaServer(slots=2) as server:
        write_project(tmp_path, [UNUSABLE, *articles(3)], server)
        monkeypatch.chdir(tmp_path)
        code, output, error = relgen("preview", "--articles", "2")
        assert code == 0, error
        assert asked(server) == []
    assert "4 articles in the source." in output
    assert "unusable: " in output
    assert "paper-0" in output
    assert "paper-1" not in output
    assert "prompt of the summary, user:" in output
    assert "prompt of paper-0#0000, mode " in output
    assert "(the summary that a server will write)" in output
    assert not list((tmp_path / "data").rglob("*.parquet"))
