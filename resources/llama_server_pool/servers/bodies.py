"""The bytes of an answer, within a budget: none is read, and none is unpacked, beyond it.

Servers are asked for identity encoding. A proxy may pack an answer all the same, so gzip and
deflate are unpacked here, piece by piece: a bomb of a few kilobytes must not become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

import httpx2

from resources.llama_server_pool.servers.decoding import bad_body, over_budget

PAGE_BYTES: Final = 4 * 1024 * 1024
"""Longest page or plain answer; the model list of a large gateway has half a megabyte."""
ERROR_BYTES: Final = 64 * 1024
"""As much as is read of an error answer; the rest is left."""
STREAM_BYTES: Final = 256 * 1024 * 1024
"""Longest stream of events: a megabyte of text takes about a hundred of these."""
_ZLIB_OR_GZIP: Final = 47
"""Window bits with which zlib recognises both of its containers."""


async def pieces(response: httpx2.Response, most: int) -> AsyncIterator[bytes]:
    """Yield the body of an answer, unpacked, as it arrives.

    Raises:
        EndpointFault: It is longer than `most` bytes, or cannot be unpacked.
    """
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    left = most
    async for packed in response.aiter_raw():
        piece = packed if unpack is None else _unpacked(unpack, packed, left + 1)
        left -= len(piece)
        if left < 0:
            raise over_budget(f"an answer of more than {most:,} bytes")
        if piece:
            yield piece


async def whole(response: httpx2.Response, most: int = PAGE_BYTES) -> bytes:
    """Return the body of an answer.

    Raises:
        EndpointFault: It is longer than `most` bytes, or cannot be unpacked.
    """
    return b"".join([piece async for piece in pieces(response, most)])


async def beginning(response: httpx2.Response, most: int = ERROR_BYTES) -> bytes:
    """Return the first `most` bytes of the body of an answer, and read no further.

    Raises:
        EndpointFault: It cannot be unpacked.
    """
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    read = bytearray()
    async for packed in response.aiter_raw():
        room = most - len(read)
        read += packed[:room] if unpack is None else _unpacked(unpack, packed, room)
        if len(read) >= most:
            break
    return bytes(read)


def _unpacker(encoding: str) -> zlib._Decompress | None:
    """Return what unpacks an encoding; `None` if nothing is packed."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_ZLIB_OR_GZIP)
    raise bad_body(f"the answer is packed as {name[:20]!r}, although identity was asked for")


def _unpacked(unpack: zlib._Decompress, packed: bytes, most: int) -> bytes:
    """Return at most `most` bytes of a packed piece."""
    try:
        return unpack.decompress(packed, max(1, most))
    except zlib.error as error:
        raise bad_body(f"the answer cannot be unpacked: {error}") from None
