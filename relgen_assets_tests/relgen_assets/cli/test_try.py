"""`relgen try`: one chunk asked about with the prompts at hand, before or after any run."""

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
from relgen_assets_tests.relgen_assets.stored_batches import store, telling_batch
from resources.parquet_io_manager import ParquetIOManager

OWN = "=== system ===\nBe brief.\n=== user ===\n{summary}\n\n{text}\n\n{quotes}\n"


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=2) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeLlamaServer) -> Path:
    """A project with three articles that no run has touched."""
    write_project(tmp_path, [*articles(3), UNUSABLE], server)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_project_needs_no_run_and_gets_no_table(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    code, output, error = relgen("try")
    assert code == 0, error
    assert output.startswith("paper-0#0000  ")
    assert "Asked with extraction_quote 34e3a1bb32c8 (bundled), temperature 0.2" in output
    assert "The answer is kept in the ledger" in output
    assert len(asked(server)) == 2  # the summary, then the chunk
    assert not list((folder / "data").rglob("*.parquet"))

    assert "This answer was in the ledger" in relgen("try", "paper-0#0")[1]
    assert len(asked(server)) == 2

    assert "The answer is kept in the ledger" in relgen("try", "--seed", "7")[1]
    assert len(asked(server)) == 3


def test_a_second_opinion_is_tried_with_the_chunk_and_its_denial_counts(
    folder: Path, relgen: Relgen, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_JUDGING__VERIFY", "model")
    server.answer = denying
    code, output, error = relgen("try")
    assert code == 0, error
    assert "rejected" in output and "denies them all" in output
    questions = [body for body in asked(server) if "Claim: " in body["messages"][-1]["content"]]
    assert questions
    assert "This answer was in the ledger" in relgen("try")[1]


def denying(body: dict[str, Any]) -> str:
    """Answer like a good model, and deny whatever is claimed."""
    schema = wanted_schema(body)
    asks = schema is not None and "stated" in schema["properties"]
    return '{"quote": "", "stated": "no"}' if asks else good_answer(body)


def test_two_passes_are_tried_and_both_prompts_named(folder: Path, relgen: Relgen) -> None:
    with FakeLlamaServer(answer=good_answer) as server:
        write_project(folder, articles(1), server)
        code, output, error = relgen("try", "--mode", "two_pass")
        assert code == 0, error
        assert "Asked with extraction_entities " in output
        assert "(bundled), then extraction_relations " in output
        assert len(asked(server)) == 3  # the summary, then the names, then the relations
        assert "This answer was in the ledger" in relgen("try", "--mode", "two_pass")[1]
        assert len(asked(server)) == 3


def test_a_folder_of_prompts_and_other_settings_are_tried(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "extraction_quote.txt").write_text(OWN)
    code, output, _ = relgen(
        *("try", "paper-2#1", "--prompts", "mine", "--temperature", "0.9", "--json")
    )
    assert code == 0
    document = json.loads(output)
    assert document["chunk_id"] == "paper-2#0001"
    assert document["template_file"].endswith("mine/extraction_quote.txt")
    assert document["answer"]["messages"][0]["content"] == "Be brief."
    assert (document["temperature"], document["from_ledger"]) == (0.9, False)
    sent = asked(server)[-1]
    assert (sent["messages"][0]["content"], sent["temperature"]) == ("Be brief.", 0.9)

    output = relgen("try", "1", "--mode", "schema", "--endpoint", "gpu-0")[1]
    assert output.startswith("paper-1#0000  ")
    assert "Asked with extraction_schema" in output
    assert "raw answer:" in output
    assert "=== system ===" in output, "the prompt is shown as well"
    brief = relgen("try", "1", "--mode", "schema", "--endpoint", server.url, "--brief")[1]
    assert "raw answer:" not in brief and "=== system ===" not in brief


def test_a_variant_of_the_prompts_and_a_model_are_tried_by_name(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    (folder / "prompts" / "terse").mkdir(parents=True)
    (folder / "prompts" / "terse" / "extraction_quote.txt").write_text(OWN)
    code, output, error = relgen("try", "--prompt", "terse", "--model", "small-1b")
    assert code == 0, error
    assert "prompts/terse/extraction_quote.txt" in output
    sent = asked(server)[-1]
    assert (sent["messages"][0]["content"], sent["model"]) == ("Be brief.", "small-1b")


def test_a_stored_chunk_is_asked_about_as_it_is_stored(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    tables = ParquetIOManager(base_path=str(folder / "data"))
    store(tables, "papers-00000", telling_batch())
    code, output, _ = relgen("try", "lake-1#0000", "--mode", "schema")
    assert code == 0
    assert (
        "Brine shrimp feed flamingos [on] salt lakes"
        in asked(server)[-1]["messages"][-1]["content"]
    )
    assert "batch papers-00000" in output


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["paper-7"], "no batch, article or chunk has this id. Nearest are: "),
        (["paper-1#99"], "paper-1: this article has no chunk 99. Its chunks are 0 to"),
        (["empty"], "no article here can be used. The article is missing or blank."),
        (["--endpoint", "gpu-9"], "there is no such endpoint. Configured are: gpu-0."),
        (
            ["--prompts", "nowhere"],
            "nowhere: there is neither a variant of the prompts nor a folder",
        ),
        (["--temperature", "3"], "--temperature"),
        (["--mode", "free"], "'free' is not one of"),
    ],
)
def test_what_cannot_be_tried_is_one_clear_error(
    folder: Path, relgen: Relgen, server: FakeLlamaServer, arguments: list[str], what: str
) -> None:
    code, output, error = relgen("try", *arguments)
    assert code != 0
    assert what in error
    assert "Traceback" not in error
    assert output == ""
    assert not asked(server)
