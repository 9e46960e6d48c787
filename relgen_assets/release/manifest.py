"""The manifest of a release: what it holds, and every file with its size and SHA-256.

Its bytes follow from its content, which holds no time, no path and no name of a machine. So the
same rows have the same manifest wherever they are made, and its digest is their version.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.shards import SUFFIX
from resources import storage

MANIFEST_FILE: Final = "manifest.json"
VERSION_CHARACTERS: Final = 12
_DIGEST: Final = "digest"
_BLOCK: Final = 1 << 20


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReleasedFile(_Part):
    """One file of a release.

    Attributes:
        path: Where it lies in the release, with `/` between folders.
        bytes: Its size.
        sha256: Its digest, as 64 hexadecimal digits.
        rows: Rows of a parquet file; `None` for other files.
    """

    path: str
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rows: int | None = None

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or path == MANIFEST_FILE:
            raise ValueError("this path does not name a file of the release")
        return path


class Manifest(_Part):
    """What a release holds.

    Attributes:
        format: Version of this form.
        relgen: Version of relgen that made it.
        rules: Version of the rules by which answers were judged.
        writer: Library and version that wrote the parquet files, which decides their bytes.
        every_row: Whether rows are in it that may not be published.
        batches: Batches whose rows it holds, in their order.
        models: Models that wrote its rows, sorted.
        rows: Rows by config and split; only those with rows.
        left_out: Rows of the dataset that may not be published and are not in it, by reason.
        files: Every file but the manifest, by path.
    """

    format: Literal[1] = 1
    relgen: str
    rules: str
    writer: str
    every_row: bool
    batches: list[str]
    models: list[str]
    rows: dict[str, dict[str, int]]
    left_out: dict[str, int]
    files: list[ReleasedFile]

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return _digest(self.model_dump(mode="json"))

    @property
    def version(self) -> str:
        """The name of a release that was given none: the first digits of its digest."""
        return self.digest[:VERSION_CHARACTERS]

    def encoded(self) -> bytes:
        """Return the bytes of the file; there is no other spelling of the same manifest."""
        return _text({_DIGEST: self.digest, **self.model_dump(mode="json")}).encode("utf-8")


def written_by() -> str:
    """Return which library writes parquet files here."""
    return f"pyarrow {pa.__version__}"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a release.

    Raises:
        DatasetError: The folder holds none, or it is not as it was written.
    """
    path = folder / MANIFEST_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"this folder is no release: its {MANIFEST_FILE} cannot be read"
            f" ({error.strerror or error}).",
            where=str(folder),
            remedy="Name the folder of a release, or make one with `relgen release`.",
        ) from error
    try:
        content = json.loads(data)
        content.pop(_DIGEST)
        manifest = Manifest.model_validate(content)
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, _first_line(error)) from error
    if manifest.encoded() != data:
        raise _damaged(path, "its content does not go with its digest")
    return manifest


def differences(one: Manifest, other: Manifest) -> list[str]:
    """Return the files in which two releases differ; that of the manifest comes last.

    Args:
        one: The manifest of a release.
        other: The manifest of another.
    """
    files = ({file.path: file for file in manifest.files} for manifest in (one, other))
    first, second = files
    found = sorted(
        path for path in first.keys() | second.keys() if first.get(path) != second.get(path)
    )
    return [*found, MANIFEST_FILE] if one != other else []


def files_of(folder: Path) -> dict[str, Path]:
    """Return every file below a folder but its manifest, by path, sorted.

    Raises:
        StorageError: A folder cannot be listed.
    """
    found = {
        path.relative_to(folder).as_posix(): path
        for path in _walk(folder)
        if path != folder / MANIFEST_FILE
    }
    return dict(sorted(found.items()))


def describe(path: str, file: Path) -> ReleasedFile:
    """Return a file as the manifest names it; its bytes are on disk when this returns.

    Args:
        path: Where it lies in the release.
        file: The file.

    Raises:
        OSError: It cannot be read.
    """
    rows = pq.read_metadata(file).num_rows if path.endswith(SUFFIX) else None
    size, digest = measured(file, durable=True)
    return ReleasedFile(path=path, bytes=size, sha256=digest, rows=rows)


def measured(file: Path, *, durable: bool = False) -> tuple[int, str]:
    """Return size and SHA-256 of a file.

    Args:
        file: The file.
        durable: Also wait until its bytes are on disk.

    Raises:
        OSError: It cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            size += len(block)
        if durable:
            os.fsync(opened.fileno())
    return size, digest.hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise storage.storage_error("the folder cannot be listed", error.filename, error)

    for inside, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            yield Path(inside, name)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode("utf-8")).hexdigest()


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")


def _damaged(path: Path, what: str) -> DatasetError:
    return DatasetError(
        f"the manifest is damaged, or no manifest of a release: {what}.",
        where=str(path),
        remedy="Get this file again from where the release came from, or rebuild the release:"
        " relgen rebuild --from-ledger",
    )
