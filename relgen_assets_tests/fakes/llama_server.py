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
import json
import math
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self

from relgen_assets_tests.fakes import answers, dialect_replies
from relgen_assets_tests.fakes.dialect_replies import Serving
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from resources.llama_server_pool.endpoint import Dialect

COMPLETIONS = "/v1/chat/completions"
_TICK = 0.002
"""Tokens due within so many seconds are sent together."""

Condition = Callable[[dict[str, Any]], bool]


@dataclass
class Recorded:
    """One completion request as the server saw it.

    Attributes:
        body: The JSON that was sent.
        headers: Its headers, names in lower case.
        arrived: `time.monotonic()` when it was read.
        outcome: `waiting`, `answered`, `cancelled` (the client went away), or `fault:<kind>`.
        sent_tokens: How many tokens were sent.
        ended: `time.monotonic()` when the outcome was known.
    """

    body: dict[str, Any]
    headers: dict[str, str]
    arrived: float
    outcome: str = "waiting"
    sent_tokens: int = 0
    ended: float = math.nan


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
        self._connections: set[_Connection] = set()
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
                loop.create_server(lambda: _Connection(self, loop), "127.0.0.1", self.port)
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


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection: reads requests, one after the other."""

    def __init__(self, server: FakeLlamaServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections_made += 1
        self._server._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._server._connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._buffer[:1].isalpha() and self._transport is not None:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # e.g. TLS
            self._transport.close()
            return
        self._next_request()

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        if self._transport is None:
            return
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _next_request(self) -> None:
        if self._task is not None:
            return
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        work = self._respond(method, path, headers, rest[:length])
        self._task = self._loop.create_task(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            return
        finally:
            self._task = None
        self._next_request()

    async def _respond(
        self, method: str, path: str, headers: dict[str, str], content: bytes
    ) -> None:
        server = self._server
        path = path.partition("?")[0]
        server.visited.append(path) if server.keep_records else None
        public = path == "/health" or (server.dialect is Dialect.llama_cpp and path == "/v1/models")
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if server.api_key is not None and given != server.api_key and not public:
            self._reply(*dialect_replies.key_error(server.dialect))
        elif method == "GET" and path == "/health" and server.health_status != 200:
            body = dialect_replies.error(server.health_status, "Loading model", "unavailable_error")
            self._reply(server.health_status, body)
        elif method == "GET":
            self._reply(*dialect_replies.get_reply(server.serving(), path))
        elif path != COMPLETIONS:
            self._reply(*dialect_replies.post_reply(server.serving(), path, json.loads(content)))
        else:
            await _Exchange(server, self, json.loads(content), headers).run()

    def _reply(
        self, status: int, body: dict[str, Any] | str, headers: dict[str, str] | None = None
    ) -> None:
        kind = "text/plain" if isinstance(body, str) else "application/json"
        if isinstance(body, str) and body[:1] in "{<":
            kind = "application/json" if body[0] == "{" else "text/html; charset=utf-8"
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        lines = [
            f"HTTP/1.1 {status} -",
            f"Content-Type: {kind}",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)

    reply = _reply


class _Gone(Exception):
    """The exchange ended early, as its fault wants it."""


class _Exchange:
    """One completion: wait for a slot, prefill, decode token by token, or fail as told."""

    def __init__(
        self,
        server: FakeLlamaServer,
        connection: _Connection,
        body: dict[str, Any],
        headers: dict[str, str],
    ) -> None:
        self._server = server
        self._connection = connection
        self._body = body
        self._record = Recorded(body, headers, time.monotonic())
        self._fault = server.draw_fault(body)
        self._prompt = "".join(message["content"] for message in body["messages"])
        self._cached = 0
        self._started = 0.0
        self._prefilled = 0.0

    async def run(self) -> None:
        server = self._server
        if server.keep_records:
            server.requests.append(self._record)
        server.completions_started += 1
        server.in_flight += 1
        server.peak = max(server.peak, server.in_flight)
        outcome = "cancelled"
        try:
            outcome = await self._answer()
        finally:
            server.in_flight -= 1
            self._record.outcome = outcome
            self._record.ended = time.monotonic()

    async def _answer(self) -> str:
        fault, server = self._fault, self._server
        if fault is not None and await self._fail_at_once(fault):
            return f"fault:{fault.kind.value}"
        tokens = answers.count_tokens(self._prompt)
        if tokens >= server.context and server.dialect is not Dialect.ollama:
            self._refuse_long_prompt(tokens)
            return "refused"
        schema = dialect_replies.schema_of(server.dialect, self._body)
        if isinstance(schema, tuple):
            self._connection.reply(*schema)
            return "refused"
        await server.take_slot()
        try:
            await self._prefill(tokens)
            await self._decode(schema)
        except _Gone:
            assert fault is not None
            return f"fault:{fault.kind.value}"
        finally:
            server.free_slot()
        return "answered"

    def _refuse_long_prompt(self, tokens: int) -> None:
        if self._server.dialect is Dialect.llama_cpp_python:
            self._open_stream()  # the real one has sent its headers before it notices
            self._connection.write(b"0\r\n\r\n")
        else:
            self._connection.reply(*dialect_replies.context_error(self._server.serving(), tokens))

    async def _fail_at_once(self, fault: ServerFault) -> bool:
        """Commit a fault that needs no slot; return whether that was one."""
        reply = self._connection.reply
        if fault.kind is FaultKind.status:
            reply(fault.status, fault.body, fault.headers)
        elif fault.kind is FaultKind.html:
            reply(200, "<html><body>Welcome to the router</body></html>")
        elif fault.kind is FaultKind.wrong_type:
            reply(200, "all is well")
        elif fault.kind is FaultKind.reset and fault.tokens < 0:
            self._connection.reset()
        elif fault.kind is FaultKind.hang and fault.tokens < 0:
            await asyncio.Event().wait()
        else:
            return False
        return True

    async def _prefill(self, tokens: int) -> None:
        server = self._server
        self._started = time.monotonic()
        self._cached = server.cached_tokens(self._prompt)
        rest = tokens - self._cached
        if math.isfinite(server.prefill):
            await asyncio.sleep(rest / server.prefill * self._slowdown())
        self._prefilled = time.monotonic()

    def _slowdown(self) -> float:
        fault = self._fault
        slow = fault.factor if fault is not None and fault.kind is FaultKind.slow else 1.0
        return slow * (1 + self._server.crowding * max(self._server.busy - 1, 0))

    def _text(self, schema: dict[str, Any] | None) -> str:
        server, fault = self._server, self._fault
        if server.answer is not None:
            return server.answer(self._body)
        ignored = fault is not None and fault.kind is FaultKind.ignore_grammar
        if not server.enforce_schema or ignored:
            schema = None
        wanted = server.answer_tokens
        length = wanted(self._body) if callable(wanted) else wanted
        return answers.answer_text(self._body, schema, length)

    async def _decode(self, schema: dict[str, Any] | None) -> None:
        pieces = answers.split_tokens(self._text(schema))
        limit = self._body.get("max_tokens") or len(pieces)
        finish = "stop" if len(pieces) <= limit else "length"
        pieces = pieces[:limit]
        fault = self._fault
        if fault is not None and fault.kind is FaultKind.length:
            pieces, finish = pieces[: fault.tokens], "length"
        if not self._body.get("stream"):
            await self._send_whole(pieces, finish)
            return
        self._open_stream()
        if fault is not None and fault.kind is FaultKind.empty_choices:
            self._send({"choices": []})
        else:
            self._send(self._chunk({"role": "assistant", "content": None}))
            await self._send_pieces(pieces)
            self._send(self._chunk({}, finish))
            self._send_totals(len(pieces))
        self._event("[DONE]")
        self._connection.write(b"0\r\n\r\n")

    async def _send_pieces(self, pieces: list[str]) -> None:
        due = time.monotonic()
        for number, piece in enumerate(pieces):
            if math.isfinite(self._server.decode):
                due += self._slowdown() / self._server.decode
                pause = due - time.monotonic()
                if pause > _TICK:
                    await asyncio.sleep(pause)
            await self._fail_midway(number)
            await self._send_token(piece)
        await self._fail_midway(len(pieces))

    async def _send_token(self, piece: str) -> None:
        fault = self._fault
        chunk = self._chunk({"content": piece})
        if fault is not None and fault.kind is FaultKind.drip:
            for byte in f"data: {json.dumps(chunk)}\n\n".encode():
                self._connection.write(b"1\r\n" + bytes([byte]) + b"\r\n")
                await asyncio.sleep(fault.seconds)
        else:
            self._send(chunk)
        self._record.sent_tokens += 1

    async def _fail_midway(self, sent: int) -> None:
        fault = self._fault
        if fault is None or sent != fault.tokens:
            return
        if fault.kind is FaultKind.reset:
            await asyncio.sleep(_TICK)  # what was sent has left the machine
            self._connection.reset()
        elif fault.kind is FaultKind.hang:
            await asyncio.Event().wait()
        elif fault.kind is FaultKind.pings:
            while True:
                self._chunked(b": ping\n\n")
                await asyncio.sleep(fault.seconds)
        elif fault.kind is FaultKind.bad_json:
            self._chunked(b'data: {"choices":[{"index":0,"del\n\n')
            self._connection.write(b"0\r\n\r\n")
        elif fault.kind is FaultKind.cut:
            self._connection.write(b"0\r\n\r\n")
        elif fault.kind is FaultKind.error_event:
            self._event(fault.body)
            self._connection.write(b"0\r\n\r\n")
        else:
            return
        raise _Gone

    def _open_stream(self) -> None:
        self._connection.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )

    def _send(self, event: dict[str, Any]) -> None:
        self._event(json.dumps(event))

    def _event(self, data: str) -> None:
        self._chunked(f"data: {data}\n\n".encode())

    def _chunked(self, data: bytes) -> None:
        self._connection.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-fake",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self._server.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    def _send_totals(self, tokens: int) -> None:
        dialect = self._server.dialect
        wanted = (self._body.get("stream_options") or {}).get("include_usage")
        if dialect is Dialect.llama_cpp_python or not wanted:
            return
        totals: dict[str, Any] = {**self._chunk({}), "choices": [], "usage": self._usage(tokens)}
        if dialect is Dialect.llama_cpp:
            totals["timings"] = self._timings(tokens)
        self._send(totals)

    def _usage(self, tokens: int) -> dict[str, Any]:
        fault, server = self._fault, self._server
        prompt = answers.count_tokens(self._prompt)
        if server.dialect is Dialect.ollama:
            prompt = min(prompt, server.context)  # it cuts longer prompts and says nothing
        if fault is not None and fault.kind is FaultKind.count_less:
            prompt = fault.tokens
        usage: dict[str, Any] = {
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
        }
        if server.dialect in (Dialect.vllm, Dialect.openai, Dialect.llama_cpp):
            usage["prompt_tokens_details"] = {"cached_tokens": self._cached}
        return usage

    def _timings(self, tokens: int) -> dict[str, Any]:
        now = time.monotonic()
        prompt = answers.count_tokens(self._prompt) - self._cached
        prompt_ms = max((self._prefilled - self._started) * 1000, 0.001)
        predicted_ms = max((now - self._prefilled) * 1000, 0.001)
        return {
            "cache_n": self._cached,
            "prompt_n": prompt,
            "prompt_ms": prompt_ms,
            "prompt_per_second": prompt / prompt_ms * 1000,
            "predicted_n": tokens,
            "predicted_ms": predicted_ms,
            "predicted_per_second": tokens / predicted_ms * 1000,
        }

    async def _send_whole(self, pieces: list[str], finish: str) -> None:
        if math.isfinite(self._server.decode):
            await asyncio.sleep(len(pieces) / self._server.decode * self._slowdown())
        self._record.sent_tokens = len(pieces)
        message = {"role": "assistant", "content": "".join(pieces)}
        self._connection.reply(
            200,
            {
                "id": "chatcmpl-fake",
                "object": "chat.completion",
                "created": 0,
                "model": self._server.model,
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": self._usage(len(pieces)),
            },
        )


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
