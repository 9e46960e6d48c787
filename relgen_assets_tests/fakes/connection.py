"""The HTTP/1.1 side of the fake server: reads requests and routes them.

The standard library's servers hide the socket; the fake has to reset, hang and drip on it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Coroutine
from typing import Any

from relgen_assets_tests.fakes.exchange import Exchange
from relgen_assets_tests.fakes.fake_type import error
from relgen_assets_tests.fakes.state import ServerState

COMPLETIONS = "/v1/chat/completions"


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection: reads requests, one after the other.

    Args:
        server: The server.
        opened: Its open connections, including this one while it is open.
        loop: The server's event loop.
    """

    def __init__(
        self, server: ServerState, opened: set[Connection], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._server = server
        self._opened = opened
        self._loop = loop
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections_made += 1
        self._opened.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._opened.discard(self)
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
        """Send bytes, unless the client has gone away."""
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
        if server.keep_records:
            server.visited.append(path)
        sent = json.loads(content) if content else None
        raw = None if server.raw is None else server.raw(path, sent)
        if raw is not None:
            self.write(raw)
            return
        public = path in server.type.public_paths
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if server.api_key is not None and given != server.api_key and not public:
            self.reply(*server.type.key_error())
        elif method == "GET" and path == "/health" and server.health_status != 200:
            body = error(server.health_status, "Loading model", "unavailable_error")
            self.reply(server.health_status, body)
        elif path in server.broken_paths:
            self.reply(500, error(500, "internal error", "server_error"))
        elif method == "GET":
            self.reply(*server.type.get(server.serving(), path))
        elif path != COMPLETIONS:
            self.reply(*server.type.post(server.serving(), path, json.loads(content)))
        else:
            await Exchange(server, self, json.loads(content), headers).run()

    def reply(
        self, status: int, body: dict[str, Any] | str, headers: dict[str, str] | None = None
    ) -> None:
        """Send a complete answer."""
        kind = "text/plain" if isinstance(body, str) else "application/json"
        if isinstance(body, str) and body[:1] in ("{", "<"):
            kind = "application/json" if body[0] == "{" else "text/html; charset=utf-8"
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        lines = [
            f"HTTP/1.1 {status} -",
            f"Content-Type: {kind}",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
