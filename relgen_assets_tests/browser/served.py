"""A project with a running web UI: settings, a fake server, and `relgen ui` as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.repository.tree import ROOT

START_SECONDS = 90.0
STOP_SECONDS = 45.0
"""Longest wait for an orderly stop; `relgen` gives unfinished runs half a minute of it."""
KILL_SECONDS = 15.0
SHIPPED = ("dagster.yaml", "workspace.yaml")
RELGEN = [sys.executable, "-c", "from relgen_assets.cli import main; main()"]


@dataclass(frozen=True)
class ServedProject:
    """A project whose web UI answers.

    Attributes:
        folder: The project's folder.
        url: Address of the web UI.
        server: The fake server that does the work.
    """

    folder: Path
    url: str
    server: FakeLlamaServer

    def page(self, path: str) -> str:
        """Return the address of a page."""
        return f"{self.url}/{path.removeprefix('/')}"


@contextmanager
def served_project(folder: Path, server: FakeLlamaServer) -> Iterator[ServedProject]:
    """Write a project of three batches of two articles, and run its web UI.

    Args:
        folder: Empty folder.
        server: The running server of the project.
    """
    write_project(folder, articles(6), server, sections=_SECTIONS)
    for name in SHIPPED:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    port = _free_port()
    log = folder / "ui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*RELGEN, "ui", "--port", str(port)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, log)
        yield ServedProject(folder, url, server)
    finally:
        _stop(process)


_SECTIONS = "[batches]\nsize = 2\n[pool]\noutage_timeout_seconds = 2"


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/server_info", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the web UI did not start:\n{log.read_text('utf-8', 'replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the web UI. Only `relgen` knows the process group of Dagster, so it is killed last."""
    for seconds in (STOP_SECONDS, KILL_SECONDS):  # the second signal means: at once
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
