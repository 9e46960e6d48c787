"""Where manifests are stored: one small file beside the tables of its batch.

All of them are needed to plan. So a local copy remembers what was read, and only files that are new
or changed are read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from relgen_assets.batching.manifest import Manifest
from relgen_assets.domain_errors import StorageError
from resources import storage

FOLDER: Final = "manifests"
_DROPPED: Final = "dropped"
_SUFFIX: Final = ".json"
_READERS: Final = 8
_WORTH_REMEMBERING: Final = 50
"""After so many reads the local copy is written anew."""


class _Remembered(BaseModel):
    stamp: str
    manifest: Manifest


class _Copy(BaseModel):
    folder: str
    known: dict[str, _Remembered]


class Manifests:
    """The manifests of a project.

    Args:
        data: Folder of the tables; a local path or any fsspec URL.
        copy: Local file that remembers what was read; it can be deleted at any time.
    """

    def __init__(self, data: str, copy: Path) -> None:
        self._folder = storage.join(data, FOLDER)
        self._copy = copy
        self._known: dict[str, _Remembered] | None = None

    def begun(self) -> dict[str, Manifest]:
        """Return the manifests of all begun batches, by key, without what shaped their tables.

        Raises:
            StorageError: A manifest cannot be read, or is damaged.
        """
        return self._read(self._folder)

    def one(self, key: str) -> Manifest | None:
        """Return the manifest of a batch, if it was begun.

        Raises:
            StorageError: It cannot be read, or is damaged.
        """
        return _parsed(self._url(key)) if storage.exists(self._url(key)) else None

    def names(self) -> list[str]:
        """Return the keys of all begun batches; no manifest is read."""
        return [name.removesuffix(_SUFFIX) for name in storage.list_files(self._folder, _SUFFIX)]

    def dropped(self) -> dict[str, Manifest]:
        """Return the manifests of batches that were dropped, also of those made again since."""
        return self._read(storage.join(self._folder, _DROPPED))

    def write(self, manifest: Manifest) -> None:
        """Write the manifest of a begun batch.

        One of a dropped batch with this key stays: its articles may be others. What of them is in a
        batch again counts as dropped no longer.

        Raises:
            StorageError: It cannot be written.
        """
        storage.write_atomic(self._url(manifest.batch), manifest.model_dump_json().encode())

    def drop(self, key: str) -> None:
        """Keep the manifest of a batch only as that of a dropped one.

        Raises:
            StorageError: It cannot be moved.
        """
        if storage.exists(self._url(key)):
            storage.write_atomic(self._url(key, dropped=True), storage.read_bytes(self._url(key)))
            storage.remove(self._url(key))

    def _url(self, key: str, *, dropped: bool = False) -> str:
        folder = storage.join(self._folder, _DROPPED) if dropped else self._folder
        return storage.join(folder, f"{key}{_SUFFIX}")

    def _read(self, folder: str) -> dict[str, Manifest]:
        stamps = storage.stamps(folder, _SUFFIX)
        known = self._remembered()
        urls = {name: storage.join(folder, name) for name in stamps}
        unread = [
            name
            for name, stamp in stamps.items()
            if (kept := known.get(urls[name])) is None or kept.stamp != stamp
        ]
        with ThreadPoolExecutor(_READERS) as readers:
            found = readers.map(_parsed, (urls[name] for name in unread))
            for name, manifest in zip(unread, found, strict=True):
                known[urls[name]] = _Remembered(stamp=stamps[name], manifest=_planned(manifest))
        if len(unread) >= _WORTH_REMEMBERING:
            self._remember(known)
        return {name.removesuffix(_SUFFIX): known[url].manifest for name, url in urls.items()}

    def _remembered(self) -> dict[str, _Remembered]:
        if self._known is None:
            self._known = {}
            with suppress(OSError, ValidationError):  # a copy that is damaged is made again
                copy = _Copy.model_validate_json(self._copy.read_bytes())
                if copy.folder == self._folder:
                    self._known = dict(copy.known)
        return self._known

    def _remember(self, known: Mapping[str, _Remembered]) -> None:
        copy = _Copy(folder=self._folder, known=dict(known))
        storage.write_atomic(str(self._copy), copy.model_dump_json(exclude_defaults=True).encode())


def of_source(manifests: Mapping[str, Manifest], name: str) -> dict[str, Manifest]:
    """Return the manifests of the batches of one source, by the name that begins their keys."""
    return {key: one for key, one in manifests.items() if _source_of(key) == name}


def foreign(keys: Iterable[str], known: Collection[str]) -> list[str]:
    """Return the stored batches that no source of the settings has, in order."""
    return sorted(set(keys) - set(known))


def _source_of(key: str) -> str:
    name, _, number = key.rpartition("-")
    return name if number.isdecimal() else ""


def _planned(manifest: Manifest) -> Manifest:
    """Return what a plan needs of a manifest: its articles."""
    return manifest.model_copy(update={"shaped_by": {}, "settings": {}})


def _parsed(url: str) -> Manifest:
    try:
        return Manifest.model_validate_json(storage.read_bytes(url))
    except ValidationError as error:
        raise StorageError(
            f"the manifest of a batch is damaged: {error.errors()[0]['msg']}.",
            where=storage.shown(url),
            remedy="Remove this file: it is made again from the tables of the batch.",
        ) from error
