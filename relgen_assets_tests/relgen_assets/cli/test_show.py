"""`relgen show` as a person uses it: chunks with marks, piped, as JSON, and page by page."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pexpect
import pytest
from rich.console import Console

from relgen_assets.cli.story import print_story
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.integrity.chunk_story import stored_stories
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.stored_batches import (
    TEXT,
    in_memory,
    store,
    telling_batch,
)
from resources.parquet_io_manager import ParquetIOManager

RELGEN = "from relgen_assets.cli import main; main()"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one stored batch: chunks 0 repaired, 1 rejected, 2 failed."""
    (tmp_path / "relgen.toml").touch()
    tables = ParquetIOManager(base_path=str(tmp_path / "data"))
    store(tables, "lakes-00000", telling_batch())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_chunk_is_shown_with_everything_that_is_stored_of_it(
    folder: Path, relgen: Relgen
) -> None:
    code, output, _ = relgen("show", "lake-1#0")
    assert code == 0
    for part in (
        "lake-1#0000  repaired",
        "[[Brine shrimp]] feed [[flamingos]] [on] salt lakes; [[flamingos]] are pink.",
        "Brine shrimp -> flamingos  Brine shrimp feed flamingos. (strong)",
        "entity_respelled: An entity was given the spelling it has in the text.",
        f"stated, support 100%: {TEXT}",
        "extractor-7b on office, 1.5 s, 90 tokens read, 30 written (stop), attempt 1",
    ):
        assert part in output
    assert TEXT in output.replace("[[", "").replace("]]", "")
    assert "raw answer" not in output
    assert "=== system ===" not in output


def test_what_was_kept_although_the_text_does_not_say_it_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = telling_batch()
    (shrimp, flamingos), (evidence,) = batch.validated[0].grounding, batch.validated[0].evidence
    absent = flamingos.model_copy(update={"status": "absent", "mentions": []})
    fault = evidence.model_copy(update={"fault": "reversed"})
    batch = batch.changed("validated", 0, grounding=[shrimp, absent], evidence=[fault])
    story = next(iter(stored_stories(in_memory(lakes_00000=batch), "lakes-00000", JudgingPolicy())))
    print_story(Console(soft_wrap=True), story)
    shown = capsys.readouterr().out
    assert "marked as absent: flamingos" in shown
    assert "marked: reversed: The text states the other direction. Brine shrimp feed" in shown


def test_raw_answer_and_prompt_are_shown_on_request(folder: Path, relgen: Relgen) -> None:
    output = relgen("show", "lake-1#1", "--raw", "--prompt")[1]
    assert "raw answer:" in output
    assert '"unicorns"' in output
    assert "=== system ===\nExtract entities and relations as JSON." in output
    assert "\x1b" not in output, "an answer must not steer the terminal"


def test_rejected_and_failed_chunks_give_their_reason(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("show", "lakes-00000", "--rejected")
    assert code == 0
    assert "lake-1#0000" not in output
    assert "lake-1#0001  rejected" in output
    assert "[[salt lakes]]" in output
    assert "not in the text: unicorns" in output
    assert "no_relations: No relation is left" in output
    assert "lake-1#0002  failed" in output
    assert "endpoints_exhausted: The request failed too often" in output
    assert output.count("summary of the article: Birds and shrimp.") == 1


def test_a_batch_is_limited_and_names_unusable_articles(folder: Path, relgen: Relgen) -> None:
    output = relgen("show", "lakes", "--limit", "1")[1]
    assert "lake-2  unusable  too_short: The article has fewer than 200 characters" in output
    assert "lake-1#0000" in output
    assert "lake-1#0001" not in output


def test_json_is_one_document_with_exact_texts(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("show", "lake-1", "--json", "--prompt")
    assert code == 0
    document = json.loads(output)
    assert (document["id"], document["batch"]) == ("lake-1", "lakes-00000")
    first, rejected, failed = document["chunks"]
    assert first["text"] == TEXT
    assert [TEXT[one["start"] : one["end"]] for one in first["places"]] == [
        *("Brine shrimp", "flamingos", "flamingos")
    ]
    assert [one["status"] for one in first["grounding"]] == ["exact", "exact"]
    assert first["evidence"][0]["sentences"] == [{"start": 0, "end": len(TEXT)}]
    assert (rejected["grounding"], rejected["evidence"]) == ([], [])
    assert first["answer"]["messages"][0]["role"] == "system"
    assert rejected["answer"]["text"].endswith("\x1b[31m")
    assert rejected["reason"]["code"] == "no_relations"
    assert (failed["standing"], failed["extraction"]) == ("failed", None)
    untold = json.loads(relgen("show", "lake-1", "--json")[1])["chunks"][0]["answer"]
    assert untold["messages"] is None


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ("lake-3", "Nearest are: lake-"),
        ("lake-", "2 ids begin like this. Give more of: lake-1, lake-2"),
        ("sample-00000", "nothing of this batch is stored yet. Make it with: relgen run"),
    ],
)
def test_an_unknown_id_is_one_clear_error(
    folder: Path, relgen: Relgen, wanted: str, what: str
) -> None:
    code, output, error = relgen("show", wanted)
    assert code != 0
    assert output == ""
    assert what in error
    assert "Traceback" not in error


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_on_a_terminal_chunks_come_page_by_page_in_80_columns(folder: Path) -> None:
    terminal = {"TERM": "xterm-256color", "PAGER": "less", "LESS": "FRX"}
    child = pexpect.spawn(
        sys.executable,
        ["-c", RELGEN, "show", "lakes-00000", "--raw"],
        env={**os.environ, **terminal, "PYTHONPATH": os.pathsep.join(sys.path)},
        dimensions=(20, 80),
        encoding="utf-8",
        timeout=60,
    )
    child.expect("lake-1#0000")
    child.expect("\x1b\\[1;36mflamingos\x1b\\[0m")
    child.expect("\r\n:")  # the prompt of less: there is more
    assert child.isalive()
    child.send("\x03")  # belongs to the pager
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (0, None)
