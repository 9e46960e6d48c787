"""Server-sent events as the specification cuts them: lines, fields, and the data of an event.

Lines end at CR, LF or CRLF and nowhere else: U+2028 and U+0085 are ordinary characters of a token.
See https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6. One liberty:
several servers write one JSON object per line and forget the empty line between two events, so the
caller sees each line and decides when an event is whole.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from resources.llama_server_pool.servers.decoding import as_text, over_budget

LINE_BYTES: Final = 1024 * 1024
"""Longest line; a server that sends a whole answer in one event needs a few kilobytes."""


class Field(NamedTuple):
    """One field of an event.

    Attributes:
        name: `data`, `event`, `id`, `retry`; empty for the empty line that ends an event.
        value: Its value.
    """

    name: str
    value: str


END_OF_EVENT: Final = Field("", "")


class EventLines:
    """Cuts the bytes of an event stream into fields, however the network has cut them."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._first = True

    def feed(self, piece: bytes) -> list[Field]:
        """Return the fields that this piece completes; comments are left out.

        Raises:
            EndpointFault: A line is longer than `LINE_BYTES`.
        """
        if self._after_cr and piece[:1] == b"\n":
            piece = piece[1:]  # the second half of a CRLF
        if not piece:
            return []
        self._after_cr = piece.endswith(b"\r")
        if b"\n" not in piece and b"\r" not in piece:
            self._keep(piece)
            return []
        # The lines of bytes, unlike those of a str, end at CR, LF and CRLF only.
        lines = (bytes(self._rest) + piece).splitlines(keepends=True)
        self._rest.clear()
        if not lines[-1].endswith((b"\n", b"\r")):
            self._keep(lines.pop())
        return [field for line in lines if (field := self._field(line)) is not None]

    def end(self) -> list[Field]:
        """Return the field in a last line that nothing has ended."""
        last, self._rest = bytes(self._rest), bytearray()
        field = self._field(last) if last else None
        return [] if field is None else [field]

    def _keep(self, piece: bytes) -> None:
        self._rest += piece
        if len(self._rest) > LINE_BYTES:
            raise over_budget(f"a line of more than {LINE_BYTES:,} bytes in the stream")

    def _field(self, line: bytes) -> Field | None:
        """Return the field of a line; `None` for a comment."""
        text = as_text(line) if self._first else line.decode("utf-8", errors="replace")
        self._first = False
        text = text.rstrip("\r\n")
        if not text:
            return END_OF_EVENT
        name, _, value = text.partition(":")
        return Field(name, value.removeprefix(" ")) if name else None
