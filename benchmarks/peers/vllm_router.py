"""vllm-router with its power-of-two policy."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.batch import Batch, Run
from benchmarks.fake_server import ServerProcess
from benchmarks.peers.peer import ask_all, daemon, free_port


class VllmRouter:
    """vllm-router between the client and the servers.

    Args:
        folder: Where `setup.sh` has put the environments.
        concurrency: Requests the client keeps open at once.
    """

    def __init__(self, folder: Path, concurrency: int) -> None:
        self.name = f"vllm-router power of two, {concurrency} clients"
        self._program = folder / "vllm-router" / "bin" / "vllm-router"
        self._concurrency = concurrency

    def missing(self) -> str | None:
        """Return what is not installed, or `None`."""
        return None if self._program.exists() else f"the program {self._program.name}"

    def run(self, servers: Sequence[ServerProcess], batch: Batch) -> Run:
        """Run a batch through it."""
        port = free_port()
        command = [str(self._program), "--host", "127.0.0.1", "--port", str(port)]
        command += ["--policy", "power_of_two", "--prometheus-port", str(free_port())]
        command += ["--request-timeout-secs", "3600"]
        command += ["--worker-urls", *(one.url for one in servers)]
        with (
            tempfile.TemporaryDirectory() as folder,
            daemon(command, port, Path(folder) / "log"),
        ):
            return asyncio.run(ask_all(f"http://127.0.0.1:{port}/v1", batch, self._concurrency))
