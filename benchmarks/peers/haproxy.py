"""HAProxy with `leastconn`, and `maxconn` = slots: requests wait in it until a slot is free."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.batch import Batch, Run
from benchmarks.fake_server import ServerProcess
from benchmarks.peers.peer import ask_all, daemon, free_port

_CONFIG = """\
global
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout queue 1h
frontend clients
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    balance leastconn
{servers}
"""


class HAProxy:
    """HAProxy between the client and the servers.

    Args:
        concurrency: Requests the client keeps open at once.
    """

    def __init__(self, concurrency: int) -> None:
        self.name = f"HAProxy leastconn, maxconn = slots, {concurrency} clients"
        self._concurrency = concurrency

    def missing(self) -> str | None:
        """Return what is not installed, or `None`."""
        return None if _program() else "the program haproxy"

    def run(self, servers: Sequence[ServerProcess], batch: Batch) -> Run:
        """Run a batch through it."""
        port = free_port()
        lines = [
            f"    server {one.spec.name} {one.address} maxconn {one.spec.slots}" for one in servers
        ]
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "haproxy.cfg"
            config.write_text(_CONFIG.format(port=port, servers="\n".join(lines)))
            command = [_program() or "haproxy", "-db", "-f", str(config)]
            with daemon(command, port, Path(folder) / "log"):
                return asyncio.run(ask_all(f"http://127.0.0.1:{port}/v1", batch, self._concurrency))


def _program() -> str | None:
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
