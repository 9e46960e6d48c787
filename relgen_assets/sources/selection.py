"""Which files of a folder are read, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from fsspec.utils import glob_translate

from relgen_assets.sources.compression import suffixes_of

_NEVER_COMPRESSED: Final = (".parquet", ".pq", ".pdf")
"""Formats that compress their own content, and have to be read from the middle."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not read.

    Attributes:
        path: Its path.
        reason: Why, in words.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What the settings say about the files of a folder.

    A pattern without `/` goes with the name of a file in any folder, one with `/` with the path
    below the source's folder; `**` stands for any folders.

    Attributes:
        include: Patterns; if there are any, other files are left out.
        exclude: Patterns of files that are left out.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def reason(self, inside: PurePosixPath, suffixes: Collection[str]) -> str | None:
        """Return why a file is left out, or `None` if it is read.

        Args:
            inside: Its path below the folder.
            suffixes: Extensions that can be read, in lower case.
        """
        if any(part.startswith((".", "_")) for part in inside.parts):
            return "its name, or that of a folder above it, begins with a dot or underscore"
        if any(_goes_with(pattern, inside) for pattern in self.exclude):
            return "excluded by source.exclude"
        if self.include and not any(_goes_with(pattern, inside) for pattern in self.include):
            return "not named by source.include"
        return unreadable_reason(inside.name, suffixes)


EVERYTHING: Final = Selection()


def unreadable_reason(name: str, suffixes: Collection[str]) -> str | None:
    """Return why a file cannot be read, going by its name, or `None` if it can."""
    suffix, compression = suffixes_of(name)
    if suffix not in suffixes:
        return f"files with the extension {suffix or compression!r} are not read"
    if compression and suffix in _NEVER_COMPRESSED:
        return f"{suffix} files are not read from {compression} files"
    return None


def _goes_with(pattern: str, inside: PurePosixPath) -> bool:
    target = str(inside) if "/" in pattern else inside.name
    return _compiled(pattern).match(target) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(glob_translate(pattern.removeprefix("./")))
