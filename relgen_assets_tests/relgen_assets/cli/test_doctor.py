"""`relgen doctor`: a healthy project, and each thing that can be wrong with a remedy."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.orchestration.home import shipped_file
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.orchestration.queued_run import add_queued_run
from relgen_assets_tests.repository.tree import ROOT


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeLlamaServer) -> Path:
    """A project of two articles with one server."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, articles(2), server)
    return tmp_path


class Examined:
    """What `relgen doctor --json` says."""

    def __init__(self, relgen: Relgen) -> None:
        self.status, output, error = relgen("doctor", "--json")
        assert "Traceback" not in error
        said = json.loads(output)
        self.ok: bool = said["ok"]
        self.checks: list[dict[str, Any]] = said["checks"]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """Return the worst finding of this name."""
        found = [check for check in self.checks if check["name"] == name]
        return max(found, key=lambda check: ("ok", "warn", "fail").index(check["level"]))


def test_a_healthy_project_has_no_failure(folder: Path, relgen: Relgen) -> None:
    examined = Examined(relgen)
    assert examined.ok
    assert examined.status == 0
    assert examined["server gpu-0"]["level"] == "ok"
    assert examined["source"]["found"] == "2 articles in 1 batches"
    assert not (folder / ".relgen" / "dagster").exists(), "a diagnosis makes nothing"


def test_every_line_that_is_not_ok_says_what_to_do(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    server.stop()
    code, output, _ = relgen("doctor")
    assert code == 1
    lines = output.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("fail")]
    assert "gpu-0" in lines[at]
    assert "refused" in lines[at]
    assert lines[at + 1].strip().startswith("→ Start the server")
    for check in Examined(relgen).checks:
        assert check["level"] == "ok" or check["remedy"]


@pytest.mark.parametrize(
    ("name", "content", "failed", "expected"),
    [
        ("relgen.toml", "[batch]\nsize = 2\n", "settings", "unknown key"),
        ("papers.jsonl", "", "source", "papers.jsonl"),
    ],
)
def test_what_cannot_be_read_fails(
    folder: Path, relgen: Relgen, name: str, content: str, failed: str, expected: str
) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    examined = Examined(relgen)
    assert examined.status == 1
    assert examined[failed]["level"] == "fail"
    assert expected in examined[failed]["found"] + examined[failed]["remedy"]


def test_articles_that_cannot_be_used_and_a_small_context_are_warnings(
    folder: Path, relgen: Relgen, server: FakeLlamaServer
) -> None:
    (folder / "papers.jsonl").write_text(json.dumps({**articles(1)[0], "article": ""}) + "\n")
    server.context = 512
    examined = Examined(relgen)
    assert examined.ok
    assert examined["source"]["level"] == "warn"
    assert "columns" in examined["source"]["remedy"]
    assert examined["server gpu-0"]["level"] == "warn"
    assert "-np" in examined["server gpu-0"]["remedy"]


def test_two_models_in_one_pool_fail(folder: Path, relgen: Relgen) -> None:
    with FakeLlamaServer(model="another") as other, (folder / "relgen.toml").open("a") as settings:
        settings.write(f'[[pool.endpoints]]\nname = "gpu-1"\nurl = "{other.url}"\n')
        settings.flush()
        examined = Examined(relgen)
    assert examined.status == 1
    assert "different models" in examined["servers"]["found"]


def test_a_folder_that_is_no_project_is_examined_without_a_trace(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = folder.parent / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    examined = Examined(relgen)
    assert examined.status == 1
    assert "relgen init" in examined["settings"]["remedy"]
    assert not list(empty.iterdir())


def test_a_wrong_home_and_a_used_port_are_told(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "somewhere")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("relgen_assets.cli.doctor.DEFAULT_PORT", taken.getsockname()[1])
        examined = Examined(relgen)
    assert "relative" in examined["home"]["found"]
    assert examined["port"]["level"] == "warn"
    assert "--port" in examined["port"]["remedy"]


def test_runs_that_wait_for_a_daemon_and_runs_without_services_are_told(
    folder: Path, relgen: Relgen
) -> None:
    lost = {".dagster/grpc_info": json.dumps({"host": "localhost", "socket": "/gone"})}
    with opened_instance(folder) as instance:
        add_queued_run(instance)
        instance.create_run_for_job(_nothing, status=dg.DagsterRunStatus.STARTED, tags=lost)
    examined = Examined(relgen)
    assert "relgen ui" in examined["daemon"]["remedy"]
    assert examined["runs"]["found"].startswith("1 lost")


def test_a_clock_that_was_set_back_is_told(folder: Path, relgen: Relgen) -> None:
    (folder / ".relgen").mkdir()
    ledger = folder / ".relgen" / "ledger.db"
    ledger.touch()
    os.utime(ledger, (4e9, 4e9))
    assert Examined(relgen)["clock"]["level"] == "warn"


def test_the_tested_versions_are_those_of_the_repository() -> None:
    shipped = shipped_file("constraints.txt")
    assert shipped.read_bytes() == (ROOT / "constraints.txt").read_bytes(), (
        f"change both: cp constraints.txt {shipped.relative_to(ROOT)}"
    )


@dg.job
def _nothing() -> None:
    """A job of no steps."""
