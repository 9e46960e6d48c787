"""Compressed files, read as what they hold: gzip, bzip2, xz and Zstandard.

Data that is damaged or ends early is an `OSError` with a plain reason, whatever library reads it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

_PIECE: Final = 1 << 20


def _zstandard(handle: BinaryIO) -> Any:
    import pyarrow as pa  # here, because importing it takes a moment

    return pa.CompressedInputStream(pa.PythonFile(handle, mode="r"), "zstd")


_READERS: Final[Mapping[str, Callable[[BinaryIO], Any]]] = {
    ".gz": lambda handle: gzip.GzipFile(fileobj=handle, mode="rb"),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _zstandard,
}
COMPRESSIONS: Final = tuple(_READERS)
"""Extensions of compressed files, behind the extension of what they hold."""


def suffixes_of(path: str) -> tuple[str, str]:
    """Return the extension of what a file holds, and that of its compression, in lower case."""
    name = PurePosixPath(path)
    last = name.suffix.lower()
    return (PurePosixPath(name.stem).suffix.lower(), last) if last in _READERS else (last, "")


def decompressed(handle: BinaryIO, compression: str, *, skip: int = 0) -> BinaryIO:
    """Return what a compressed file holds, as a file of its own.

    Args:
        handle: The compressed file.
        compression: One of `COMPRESSIONS`.
        skip: Bytes of the content to leave out, from its beginning.

    Raises:
        OSError: The content is damaged or ends early; also while it is read.
    """
    plain = io.BufferedReader(_Plain(_READERS[compression](handle)), _PIECE)
    while skip and (piece := plain.read(min(skip, _PIECE))):
        skip -= len(piece)
    return plain


class _Plain(io.RawIOBase):
    """The content of a compressed file, whose errors are all `OSError`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            piece = self._inner.read(len(buffer))
        except (EOFError, zlib.error, lzma.LZMAError) as error:
            raise OSError("its compressed data is damaged or ends early") from error
        buffer[: len(piece)] = piece
        return len(piece)
