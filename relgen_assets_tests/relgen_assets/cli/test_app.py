"""The command line as a person meets it: output, exit codes, and errors without tracebacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from relgen_assets.batching.plan import Plan
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.running import select_batches
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.home import INSTANCE_FILE, shipped_file
from relgen_assets.orchestration.partitions import Batches
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeLlamaServer) -> Path:
    """A project folder with four articles in two batches and one server."""
    write_project(
        tmp_path,
        articles(4),
        server,
        sections="[batches]\nsize = 2",
        endpoint='api_key_env = "TEST_GPU_KEY"',
    )
    (tmp_path / INSTANCE_FILE).write_bytes(shipped_file(INSTANCE_FILE).read_bytes())
    monkeypatch.setenv("TEST_GPU_KEY", "s3cret-value")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_run_status_and_check_agree(folder: Path, relgen: Relgen) -> None:
    code, output, error = relgen("run")
    assert code == 0, error
    assert 'load_dataset("dataset", "prompt_completion")' in output
    assert "articles  4" in output
    assert (folder / "dataset" / "README.md").is_file()

    code, output, _ = relgen("status")
    assert code == 0
    assert "papers-00000" in output
    assert "2 of 2 batches of 4 articles begun" in output

    code, output, _ = relgen("check")
    assert code == 0, output
    assert " 0 failed" in output

    code, output, _ = relgen("run", "--missing")
    assert code == 0
    assert "Nothing to do" in output


def test_check_fails_on_a_damaged_dataset(folder: Path, relgen: Relgen) -> None:
    relgen("run", "--batches", "papers-00000")
    for shard in (folder / "dataset" / "core").rglob("*.parquet"):
        shard.unlink()
    code, output, error = relgen("check")
    assert code == 1
    assert "nothing_is_lost" in output + error


def test_check_fails_when_there_is_nothing_to_check(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("check")
    assert code == ExitCode.NOTHING_TO_CHECK
    assert "there is nothing to check" in output


def test_config_shows_settings_and_names_secrets_only(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("config")
    assert code == 0
    assert json.loads(output)["batches"]["size"] == 2
    assert "TEST_GPU_KEY" in output
    assert "s3cret-value" not in output


def test_endpoints_shows_which_servers_answer(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    code, output, _ = relgen("endpoints")
    assert code == 0
    assert "gpu-0" in output
    assert server.model in output
    server.stop()
    code, output, _ = relgen("endpoints")
    assert code == ExitCode.FAILED
    assert "fault: " in output
    assert "0 of 1 endpoints answer" in output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[batches]\nsize = 0\n", "batches.size"),
        ("[batch]\nsize = 2\n", "unknown key"),
        ("[batches\n", "relgen.toml"),
    ],
)
def test_wrong_settings_are_one_error_without_a_traceback(
    folder: Path, relgen: Relgen, text: str, expected: str
) -> None:
    (folder / "relgen.toml").write_text(text, encoding="utf-8")
    code, _, error = relgen("status")
    assert code == ExitCode.USAGE
    assert error.startswith("Error")
    assert expected in error
    assert "Traceback" not in error


def test_a_missing_source_is_one_error_that_names_it(folder: Path, relgen: Relgen) -> None:
    (folder / "papers.jsonl").unlink()
    code, _, error = relgen("run")
    assert code == 1
    assert "papers.jsonl" in error
    assert "Traceback" not in error


def test_a_missing_key_names_the_variable(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_GPU_KEY")
    code, output, error = relgen("run")
    assert code == ExitCode.USAGE
    assert "TEST_GPU_KEY" in output + error
    assert "gpu-0" in output + error


def test_batches_are_chosen_by_key_and_by_range() -> None:
    batches = Batches(Plan("arxiv", 20, 100, fresh=range(100)))
    assert select_batches(batches, None) == batches.keys
    assert select_batches(batches, ["arxiv-00001"]) == ["arxiv-00001"]
    assert select_batches(batches, ["arxiv-00001:arxiv-00003", "arxiv-00002"]) == [
        "arxiv-00001",
        "arxiv-00002",
        "arxiv-00003",
    ]


@pytest.mark.parametrize("named", ["arxiv-00009", "arxiv-00003:arxiv-00001", "pubmed-00000"])
def test_a_wrong_batch_is_an_error_that_names_it(named: str) -> None:
    with pytest.raises(ConfigurationError, match=named.split(":")[0]):
        select_batches(Batches(Plan("arxiv", 20, 100, fresh=range(100))), [named])


def test_a_run_without_any_server_prints_no_results_and_few_lines(
    folder: Path, relgen: Relgen, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    monkeypatch.setenv("RELGEN_POOL__OUTAGE_TIMEOUT_SECONDS", "3")
    code, output, error = relgen("run", "--batches", "papers-00000")
    assert code == ExitCode.FAILED
    assert output == "", "no table of zeros, no load_dataset"
    lines = error.splitlines()
    assert sum("no endpoint is left; waiting up to 3 s" in line for line in lines) == 1
    assert any("gpu-0: refused" in line for line in lines)
    assert lines[-1].startswith("Error 1 of 1 batches failed: papers-00000: ")
    assert len(lines) <= 10
