"""`relgen ledger`: figures, single generations, backup and pruning, and no password anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_failure,
    a_request,
    pairs,
)
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three answers, one of them judged, and a failure in its ledger."""
    (tmp_path / "relgen.toml").write_text('[ledger]\nurl = "sqlite:///ledger.db"\n')
    monkeypatch.chdir(tmp_path)
    ledger = opened(tmp_path / "ledger.db")
    ledger.record(pairs(0, 1, 2))
    key = generation_key(a_request(0), MODEL)
    ledger.record_verdicts(
        [RecordedVerdict(key, "rules-1", "rejected", "not_json", ("unwrapped",))]
    )
    ledger.record_failure(a_request(3), a_failure(a_request(3)), MODEL)
    ledger.close()
    return tmp_path


def opened(path: Path) -> GenerationLedger:
    return GenerationLedger(url=f"sqlite:///{path}")


def calls(path: Path) -> int:
    ledger = opened(path)
    found = sum(group.calls for group in ledger.stats().groups)
    ledger.close()
    return found


def test_stats_count_calls_tokens_and_verdicts(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("ledger", "stats")
    assert code == 0
    assert "2,733" in output  # three prompts of 911 tokens
    assert "failed" in output
    assert "rules-1" in output
    assert "not_json" in output


def test_show_prints_what_was_asked_what_came_back_and_the_verdict(
    folder: Path, relgen: Relgen
) -> None:
    key = generation_key(a_request(0), MODEL)
    code, output, _ = relgen("ledger", "show", key[:12])
    assert code == 0
    for part in (key, "Chunk 0 with @xmath0.", '{"n": 0}', "gpu-1", "rejected not_json, unwrapped"):
        assert part in output


def test_show_prints_why_there_is_no_answer(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("ledger", "show", generation_key(a_request(3), MODEL))
    assert code == 0
    assert "endpoints_exhausted" in output
    assert "gpu-2: stalled no token for 60 s" in output


def test_show_says_when_there_is_no_such_key(folder: Path, relgen: Relgen) -> None:
    code, _, error = relgen("ledger", "show", "ffffffffffff")
    assert code == 1
    assert "no key begins with ffffffffffff" in error


def test_an_export_imported_elsewhere_is_the_same_ledger(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, _ = relgen("ledger", "export", "backup")
    assert code == 0
    assert "4 ledger_generations" in output
    (folder / "inner").mkdir()
    monkeypatch.chdir(folder / "inner")  # a relative folder is relative to the working folder
    monkeypatch.setenv("RELGEN_LEDGER__URL", "sqlite:///moved.db")
    code, output, _ = relgen("ledger", "import", "../backup")
    assert code == 0
    assert "4 generations were new" in output
    old, new = opened(folder / "ledger.db"), opened(folder / "moved.db")
    assert list(old.entries()) == list(new.entries())
    code, output, _ = relgen("ledger", "import", str(folder / "backup"))
    assert "0 generations were new" in output


def test_pruning_counts_first_and_removes_only_when_told(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, _ = relgen("ledger", "prune", "--dry-run")
    assert (code, "0 superseded, 1 failures" in output) == (0, True)
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    code, _, _ = relgen("ledger", "prune")  # there is no terminal to confirm on
    assert code == 1
    assert calls(folder / "ledger.db") == 4
    code, output, _ = relgen("ledger", "prune", "--yes")
    assert (code, "removed: 0 superseded, 1 failures, 1 verdicts of earlier rules" in output) == (
        0,
        True,
    )
    assert calls(folder / "ledger.db") == 3
    code, output, _ = relgen("ledger", "prune", "--yes", "--model", MODEL)
    assert "3 answers" in output
    assert calls(folder / "ledger.db") == 0


def test_a_password_in_the_url_is_refused_and_not_printed(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_LEDGER__URL", "postgresql://me:s3cret@127.0.0.1:1/x")
    for arguments in (["stats"], ["show", "abcd"], ["export", "backup"], ["prune", "--yes"]):
        code, output, error = relgen("ledger", *arguments)
        assert code == 1
        assert "password" in error
        assert "s3cret" not in output + error
