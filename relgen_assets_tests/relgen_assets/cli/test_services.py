"""The web UI and back-fills as people start them: real processes, signals and ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import dagster as dg
import pytest
from dagster._core.workspace.load_target import get_origins_from_toml

from relgen_assets.cli.ports import free_port, require_free_port
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.home import INSTANCE_FILE, LOCATION, WORKSPACE_FILE
from relgen_assets.orchestration.launched_runs import launched_runs
from relgen_assets.orchestration.services import running_services
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.repository.tree import ROOT

pytestmark = pytest.mark.timeout(600)

RELGEN = (
    sys.executable,
    "-c",
    "import sys; from relgen_assets.cli import main; sys.argv[0] = 'relgen'; main()",
)
IN_BACKGROUND = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Starts a command as a script does with `&`: SIGINT is ignored."""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in a clone, with Dagster's files and the articles of two batches."""
    with FakeLlamaServer(slots=3) as server:
        write_project(tmp_path, articles(4), server, sections="[batches]\nsize = 2")
        for name in ("pyproject.toml", INSTANCE_FILE, WORKSPACE_FILE):
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("DAGSTER_HOME", raising=False)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("COLUMNS", "200")
        yield tmp_path


def test_a_back_fill_of_dagsters_command_runs_under_relgen_ui(
    clone: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port("127.0.0.1")
    command = [*IN_BACKGROUND, *RELGEN, "ui", "--port", str(port)]
    inside = clone / "papers" / "2026"
    inside.mkdir(parents=True)
    with (clone / "ui.log").open("wb") as log:
        ui = subprocess.Popen(command, cwd=inside, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port))

        code, _, error = relgen("ui")
        assert code != 0
        assert f"`relgen ui`, pid {ui.pid}, on http://127.0.0.1:{port}" in error

        back_fill = [sys.executable, "-W", "ignore", "-m", "dagster", "job", "backfill"]
        back_fill += ["-w", WORKSPACE_FILE, "-j", "batches", "--partitions", "papers-00001"]
        subprocess.run(
            [*back_fill, "--noprompt"],
            env={**os.environ, "DAGSTER_HOME": str(clone)},
            capture_output=True,
            check=True,
        )
        monkeypatch.setenv("DAGSTER_HOME", str(clone))
        with dg.DagsterInstance.get() as instance:
            wait_until(lambda: all(run.is_finished for run in instance.get_runs()))
            statuses = [run.status for run in instance.get_runs()]
        assert statuses == [dg.DagsterRunStatus.SUCCESS], (clone / "ui.log").read_text()

        ui.terminate()
        assert ui.wait(60) == 128 + signal.SIGTERM
        assert not answers(port)
        assert running_services(clone) is None
    finally:
        ui.terminate()
        ui.wait(60)
    assert not [path.name for path in inside.iterdir()], "state belongs to the project folder"


def test_every_way_to_start_dagster_finds_the_same_code_location() -> None:
    """`dagster dev` in a clone reads `pyproject.toml`, the others a workspace."""
    (origin,) = get_origins_from_toml(str(ROOT / "pyproject.toml"))
    assert origin.location_name == LOCATION


def test_a_watched_back_fill_brings_its_own_daemon(clone: Path, relgen: Relgen) -> None:
    code, output, error = relgen("backfill")
    assert code != 0
    assert "--watch" in error

    code, output, error = relgen("backfill", "--watch", "-b", "papers-00000")
    assert code == 0, (output, error, (clone / ".relgen/logs/dagster-services.log").read_text())
    assert "papers-00000  done" in output
    assert (clone / "dataset" / "README.md").is_file(), "the card is current"
    with dg.DagsterInstance.get() as instance:
        (backfill,) = instance.get_backfills()
        assert backfill.status.value == "COMPLETED_SUCCESS"
        assert not launched_runs(instance)
    assert running_services(clone) is None

    code, output, _ = relgen("backfill", "--missing", "-b", "papers-00000")
    assert code == 0
    assert "Nothing to do" in output


def test_a_used_port_is_told_with_its_user() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"--port {port + 1}") as told:
            require_free_port("127.0.0.1", port)
        if Path("/proc/net/tcp").exists():
            assert f"(pid {os.getpid()})" in str(told.value)
        assert free_port("127.0.0.1", port) != port
    require_free_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"--host 192\.0\.2\.1"):
        require_free_port("192.0.2.1", free_port("127.0.0.1"))


def answers(port: int) -> bool:
    """Return whether the web UI answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_until(done: Callable[[], bool], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.3)
