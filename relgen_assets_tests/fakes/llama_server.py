"""A fake language-model server: real HTTP on loopback, without a model.

It has slots, a context, a queue and speeds like a real one, answers deterministically in the
configured dialect, frees a slot when its client goes away, records every request, and commits
faults on demand. One thread with its own event loop per server:

    with FakeLlamaServer(slots=2, decode=200.0) as server:
        server.fail_next(faults.RESET_MIDWAY)
        ... ask server.url ...
        assert server.peak <= 2

Run as a script it serves until interrupted; `--help` lists its options.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import threading
from dataclasses import dataclass
from typing import Self

from relgen_assets_tests.fakes.connection import Connection
from relgen_assets_tests.fakes.state import Recorded, ServerState
from resources.llama_server_pool.endpoint import Dialect

__all__ = ["FakeLlamaServer", "Recorded"]


@dataclass(kw_only=True, eq=False, repr=False)
class FakeLlamaServer(ServerState):
    """A fake server; a context manager, or `start()` and `stop()`, which may be repeated.

    Args:
        port: Port; a free one when 0, kept over restarts. For the others see `ServerState`.
    """

    port: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    @property
    def url(self) -> str:
        """Base URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop serving."""
        self.stop()

    def start(self) -> None:
        """Serve on the port; after `stop`, the same server comes back."""
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(started,), name=f"fake-{self.dialect.value}", daemon=True
        )
        self._thread.start()
        if not started.wait(10) or self._server is None:
            raise RuntimeError(f"the fake server did not start on port {self.port}")

    def stop(self) -> None:
        """Die: reset all connections and free the port."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(self._die)
        thread.join(10)
        self._loop = self._thread = None

    def _serve(self, started: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        self._loop = loop
        try:
            self._server = loop.run_until_complete(
                loop.create_server(
                    lambda: Connection(self, self._connections, loop), "127.0.0.1", self.port
                )
            )
            self.port = self._server.sockets[0].getsockname()[1]
            started.set()
            loop.run_forever()
        finally:
            started.set()
            unfinished = asyncio.all_tasks(loop)
            for task in unfinished:
                task.cancel()
            if unfinished:
                loop.run_until_complete(asyncio.wait(unfinished))
            loop.close()

    def _die(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.reset()
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, loop.stop)


def main() -> None:
    """Serve until interrupted, for benchmarks that need the server in its own process."""
    parser = argparse.ArgumentParser(description="A fake language-model server on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dialect", type=Dialect, default=Dialect.llama_cpp)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--prefill", type=float, default=math.inf, help="tokens per second")
    parser.add_argument("--decode", type=float, default=math.inf, help="tokens per second")
    parser.add_argument("--answer-tokens", type=int, default=20)
    options = vars(parser.parse_args())
    with FakeLlamaServer(**options) as server:
        server.keep_records = False
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
