"""A release compared with its manifest: which files are missing, added or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.release.manifest import (
    Manifest,
    ReleasedFile,
    files_of,
    measured,
    read_manifest,
)
from resources.progress import BOARD

_OF_THE_HUB: Final = (".gitattributes", ".git/", ".cache/huggingface/")
"""Beginnings of paths that the Hub and its tools add to a folder; they are no part of a release."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a release.

    Attributes:
        manifest: The manifest, which is as it was written.
        missing: Files that are not there.
        added: Files that the manifest does not name.
        changed: Files with other bytes, with what is wrong.
        miscounted: Configs and splits with another number of rows than the manifest says.
    """

    manifest: Manifest
    missing: list[str] = field(default_factory=list[str])
    added: list[str] = field(default_factory=list[str])
    changed: dict[str, str] = field(default_factory=dict[str, str])
    miscounted: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def is_intact(self) -> bool:
        """Whether every file is as it was written, and no other is there."""
        return not (self.missing or self.added or self.changed or self.miscounted)


def verify(folder: Path) -> Verification:
    """Compare every file of a release with the manifest, and count its rows.

    Raises:
        DatasetError: The folder holds no manifest, or a damaged one.
        StorageError: A folder in it cannot be listed.
    """
    manifest = read_manifest(folder)
    here = files_of(folder)
    promised = {one.path: one for one in manifest.files}
    result = Verification(
        manifest,
        missing=[path for path in promised if path not in here],
        added=[path for path in here if path not in promised and not _is_of_the_hub(path)],
    )
    with BOARD.begin("verified files", len(promised)) as task:
        for path, one in promised.items():
            if path in here and (fault := _fault(one, here[path])) is not None:
                result.changed[path] = fault
            task.advance()
    result.miscounted.update(_miscounted(manifest))
    return result


def _fault(promised: ReleasedFile, file: Path) -> str | None:
    """Return what is wrong with a file."""
    try:
        size, digest = measured(file)
        if size != promised.bytes:
            return f"{size:,} bytes, not {promised.bytes:,}"
        if digest != promised.sha256:
            return "other content of the same size"
        rows = pq.read_metadata(file).num_rows if promised.rows is not None else None
    except (OSError, pa.ArrowException) as error:
        return f"it cannot be read: {error}"
    return None if rows == promised.rows else f"{rows} rows, not {promised.rows}"


def _miscounted(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield where the rows of the files are not as many as the manifest says in all."""
    found: Counter[str] = Counter()
    for one in manifest.files:
        place = one.path.rpartition("/")[0]
        if one.rows is not None and place:
            found[place] += one.rows
    promised = {
        f"{config}/{split}": rows
        for config, splits in manifest.rows.items()
        for split, rows in splits.items()
    }
    for at in sorted(found.keys() | promised.keys()):
        if found[at] != promised.get(at, 0):
            yield at, f"{found[at]} rows, not {promised.get(at, 0)}"


def _is_of_the_hub(path: str) -> bool:
    return path.startswith(_OF_THE_HUB)
