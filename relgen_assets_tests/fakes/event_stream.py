"""A streamed answer on the wire: server-sent events in chunks of HTTP/1.1."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol


class Wire(Protocol):
    """The connection an answer is sent on."""

    def reply(
        self, status: int, body: dict[str, Any] | str, headers: dict[str, str] | None = None
    ) -> None:
        """Send a complete answer."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""


class EventStream:
    """Writes the events of one answer."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open(self) -> None:
        """Send the headers."""
        self._wire.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )

    def send(self, event: dict[str, Any]) -> None:
        """Send an event that holds JSON."""
        self.send_data(json.dumps(event))

    def send_data(self, data: str) -> None:
        """Send an event that holds any text."""
        self._chunk(f"data: {data}\n\n".encode())

    def ping(self) -> None:
        """Send a comment, which only keeps the connection alive."""
        self._chunk(b": ping\n\n")

    async def drip(self, event: dict[str, Any], seconds: float) -> None:
        """Send an event byte by byte, `seconds` apart."""
        for byte in f"data: {json.dumps(event)}\n\n".encode():
            self._chunk(bytes([byte]))
            await asyncio.sleep(seconds)

    def end(self) -> None:
        """Send the end of the body; the connection stays open."""
        self._wire.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self._wire.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
