"""Who runs Dagster's services of a project."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets.orchestration.services import (
    HEARTBEAT_SECONDS,
    Services,
    forget_daemon,
    heard_from_daemon,
    note_pid,
    only_services,
    running_services,
    shared_lock,
)


def test_services_of_a_project_run_once(tmp_path: Path) -> None:
    (tmp_path / ".relgen").mkdir()
    assert running_services(tmp_path) is None
    with only_services(tmp_path, "relgen ui", "http://127.0.0.1:3000"):
        assert running_services(tmp_path) == Services(
            "relgen ui", os.getpid(), "http://127.0.0.1:3000"
        )
        with (
            pytest.raises(ConfigurationError, match="already run: `relgen ui`"),
            only_services(tmp_path, "relgen backfill --watch"),
        ):
            pass
    assert running_services(tmp_path) is None


def test_services_left_by_a_relgen_that_was_killed_are_told_with_what_stops_them(
    tmp_path: Path,
) -> None:
    (tmp_path / ".relgen").mkdir()
    with shared_lock(tmp_path) as lock:  # closed afterwards, as when the process is killed
        left = subprocess.Popen(["/bin/sleep", "60"], pass_fds=(lock,))
        note_pid(lock, left.pid)
    try:
        with (
            pytest.raises(ConfigurationError, match=f"still run.*kill {left.pid}$"),
            only_services(tmp_path, "relgen ui"),
        ):
            pass
    finally:
        left.terminate()
        left.wait()
    with only_services(tmp_path, "relgen ui"):
        pass


def test_other_commands_open_the_instance_while_services_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "")  # so that what the command sets is undone
    (tmp_path / ".relgen").mkdir()
    opened: list[dg.DagsterInstance] = []

    def command() -> None:
        with opened_instance(tmp_path) as instance:
            opened.append(instance)

    with only_services(tmp_path, "relgen ui"), shared_lock(tmp_path):
        other = Thread(target=command, daemon=True)
        other.start()
        other.join(30)
        assert opened


def test_looking_for_services_leaves_no_trace(tmp_path: Path) -> None:
    assert running_services(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_daemon_of_dagsters_own_commands_is_heard_until_it_is_silent(tmp_path: Path) -> None:
    now = time.time()
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        assert heard_from_daemon(instance) is None
        instance.add_daemon_heartbeat(DaemonHeartbeat(now - HEARTBEAT_SECONDS, "SENSOR", "old"))
        assert heard_from_daemon(instance) is None
        instance.add_daemon_heartbeat(DaemonHeartbeat(now - 5, "BACKFILL", "fresh"))
        age = heard_from_daemon(instance)
        assert age is not None
        assert 5 <= age < HEARTBEAT_SECONDS
        forget_daemon(instance)
        assert heard_from_daemon(instance, within=600) is None
