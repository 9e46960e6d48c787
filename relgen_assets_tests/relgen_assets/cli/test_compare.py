"""`relgen compare`: two ways to ask, on the same chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.good_answers import good_answer, wanted_schema
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import UNUSABLE, articles, asked, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen

TERSE = "=== system ===\nBe brief.\n=== user ===\n{summary}\n\nSection:\n{text}\n\n{quotes}\n"


def lazy_answer(body: dict[str, Any]) -> str:
    """Answer like a good model, but decline where the prompt is terse."""
    schema = wanted_schema(body)
    if schema and "relations" in schema["properties"] and _is_terse(body):
        return "I would rather not say."
    return good_answer(body)


def _is_terse(body: dict[str, Any]) -> bool:
    return bool(body["messages"][0]["content"] == "Be brief.")


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=4, answer=lazy_answer) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeLlamaServer) -> Path:
    sections = "attempts = 1\n"
    rows = [*articles(12, sentences=6), UNUSABLE]
    write_project(tmp_path, rows, server, sections=sections, endpoint="watts = 10\nslots = 4")
    (tmp_path / "prompts" / "terse").mkdir(parents=True)
    (tmp_path / "prompts" / "terse" / "extraction_quote.txt").write_text(TERSE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_variant_that_loses_rows_is_called_worse_and_known_answers_are_not_asked_again(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    code, output, error = relgen("compare", "now", "terse", "--chunks", "12")
    assert code == 0, error
    assert output.startswith("A  now\nB  terse\n12 chunks of 12 articles\n")
    assert "B is worse" in output
    assert all(len(line) <= 80 for line in output.splitlines() if not line.startswith("B is"))
    assert len(asked(server)) == 12 + 12 + 12  # summaries are shared by both sides
    assert not list((folder / "data").rglob("*.parquet"))

    code, output, _ = relgen("compare", "now", "terse", "--chunks", "12", "--json")
    document = json.loads(output)
    assert len(asked(server)) == 36, "every answer is in the ledger"
    assert document["verdict"] == "worse"
    assert (document["accepted"]["a"], document["accepted"]["b"]) == (1.0, 0.0)
    assert document["watt_hours"]["a"] > 0
    assert document["articles"] == 12


def test_equal_settings_agree_and_a_few_chunks_are_said_to_be_few(
    folder: Path, relgen: Relgen
) -> None:
    (folder / "same.toml").write_text('[extractions]\nmode = "quote"\n[batches]\nsize = 20\n')
    code, output, error = relgen("compare", "same.toml", "mode=quote", "--chunks", "6")
    assert code == 0, error
    assert "Undecided" in output
    assert "Agreement of their relations: 100.0 (100.0 to 100.0) %." in output
    assert "are needed" in output


@pytest.mark.parametrize(
    ("sides", "what"),
    [
        (["now", "short"], "this names no side of a comparison"),
        (["now", "mode=free"], "section extractions: wrong settings:"),
        (["now", "mood=quote"], "'mood=quote' is not a value of a setting"),
        (["now", "chunking.tokens=50"], "cannot change chunking.tokens"),
        (["now", "nowhere.toml"], "the settings file cannot be read"),
        (["now", "endpoint=gpu-9"], "there is no such endpoint. Configured are: gpu-0."),
        (["prompt=shorter", "now"], "Variants in prompts are: terse."),
        (["now", "judging.nothing=1"], "unknown key; accepted here: absent_names"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_error(
    folder: Path, relgen: Relgen, server: FakeLlamaServer, sides: list[str], what: str
) -> None:
    code, output, error = relgen("compare", *sides)
    assert code != 0
    assert what in error
    assert "Traceback" not in error
    assert output == ""
    assert not asked(server)
