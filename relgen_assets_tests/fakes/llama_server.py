"""A fake language-model server: real HTTP on loopback, without a model.

It has slots, a context, a queue and speeds like a real one, answers deterministically in the
dialect it is told to speak, frees a slot when its client goes away, records every request, and
commits faults on demand. One thread with its own event loop per server:

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
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from relgen_assets_tests.fakes import answers
from relgen_assets_tests.fakes.connection import Connection
from relgen_assets_tests.fakes.dialect_replies import Serving
from relgen_assets_tests.fakes.exchange import Recorded
from relgen_assets_tests.fakes.faults import ServerFault
from resources.llama_server_pool.endpoint import Dialect

__all__ = ["FakeLlamaServer", "Recorded"]

Condition = Callable[[dict[str, Any]], bool]


@dataclass
class _Script:
    """Faults to commit: those for the next requests, and standing ones with a condition."""

    queued: deque[ServerFault] = field(default_factory=deque[ServerFault])
    standing: list[tuple[Condition, ServerFault]] = field(
        default_factory=list[tuple[Condition, ServerFault]]
    )

    def draw(self, body: dict[str, Any]) -> ServerFault | None:
        if self.queued:
            return self.queued.popleft()
        return next((fault for applies, fault in self.standing if applies(body)), None)


class FakeLlamaServer:
    """A fake server; a context manager, or `start()` and `stop()`, which may be repeated.

    Args:
        dialect: Server software to imitate.
        slots: Requests served at once; further ones wait.
        context: Context of one slot in tokens; a token is four characters of prompt.
        model: Name of the model.
        prefill: Prompt tokens per second of one slot.
        decode: Answer tokens per second of one slot.
        crowding: Each further busy slot slows every slot by this share; 0 for none.
        answer_tokens: Length of free text; a number, or a function of the request.
        answer: Full control over the text of an answer, instead of the built-in one.
        enforce_schema: Whether schemas are followed.
        api_key: Key that clients have to send.
        port: Port; a free one when 0, kept over restarts.
        prefix_cache: Whether prompts that share a prefix with an earlier one are prefilled faster.
    """

    def __init__(
        self,
        *,
        dialect: Dialect = Dialect.llama_cpp,
        slots: int = 2,
        context: int = 8192,
        model: str = "fake-model",
        prefill: float = math.inf,
        decode: float = math.inf,
        crowding: float = 0.0,
        answer_tokens: int | Callable[[dict[str, Any]], int] = 20,
        answer: Callable[[dict[str, Any]], str] | None = None,
        enforce_schema: bool = True,
        api_key: str | None = None,
        port: int = 0,
        prefix_cache: bool = True,
    ) -> None:
        self.dialect = dialect
        self.slots = slots
        self.context = context
        self.model = model
        self.prefill = prefill
        self.decode = decode
        self.crowding = crowding
        self.answer_tokens = answer_tokens
        self.answer = answer
        self.enforce_schema = enforce_schema
        self.api_key = api_key
        self.port = port
        self.prefix_cache = prefix_cache
        self.keep_records = True
        self.health_status = 200
        self.broken_paths: set[str] = set()
        self.requests: list[Recorded] = []
        self.visited: list[str] = []
        self.completions_started = 0
        self.connections_made = 0
        self.busy = 0
        self.peak_busy = 0
        self.in_flight = 0
        self.peak = 0
        self._script = _Script()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._prompts: deque[str] = deque(maxlen=max(slots, 1))

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
        """Serve on the port; after `stop` this is the same server come back."""
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

    def fail_next(self, *faults: ServerFault) -> None:
        """Commit one fault on each of the next completions, before any standing fault."""
        self._script.queued.extend(faults)

    def fail_always(self, fault: ServerFault, when: Condition | None = None) -> None:
        """Commit a fault on every completion for which `when` holds, until `heal`."""
        self._script.standing.append((when or (lambda _: True), fault))

    def heal(self) -> None:
        """Forget all faults that were not committed yet."""
        self._script.queued.clear()
        self._script.standing.clear()

    def outcomes(self) -> list[str]:
        """Return the outcome of every request, in order of arrival."""
        return [request.outcome for request in self.requests]

    def wait_idle(self, seconds: float = 5.0) -> bool:
        """Return whether no request is waiting or running within `seconds`."""
        return self.wait_until(lambda: self.in_flight == 0, seconds)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Return whether a condition holds within `seconds`."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.005)
        return condition()

    def _serve(self, started: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        self._loop = loop
        try:
            self._server = loop.run_until_complete(
                loop.create_server(lambda: Connection(self, loop), "127.0.0.1", self.port)
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

    def serving(self) -> Serving:
        """Return what the server says about itself."""
        return Serving(self.dialect, self.model, self.slots, self.context, self.busy)

    def draw_fault(self, body: dict[str, Any]) -> ServerFault | None:
        """Return the fault to commit on this request, if any."""
        return self._script.draw(body)

    async def take_slot(self) -> None:
        """Wait for a free slot and take it."""
        if self.busy >= self.slots:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.free_slot()
                raise
        else:
            self.busy += 1
        self.peak_busy = max(self.peak_busy, self.busy)

    def free_slot(self) -> None:
        """Give the slot to the next request that waits, or free it."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy -= 1

    def cached_tokens(self, prompt: str) -> int:
        """Return how many tokens of the prompt were seen before, and remember it."""
        if not self.prefix_cache:
            return 0
        shared = max((answers.shared_length(prompt, old) for old in self._prompts), default=0)
        self._prompts.append(prompt)
        return min(shared, max(len(prompt) - 1, 0)) // 4


def main() -> None:
    """Serve until interrupted, for benchmarks that want the server in its own process."""
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
