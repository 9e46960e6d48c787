"""Notes about source files that outlive a process: row counts, and where rows begin.

Notes are small JSON files in the state folder. They can be deleted at any time; the source is then
surveyed again. The modules that read files decide what to note.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from resources.errors import StorageError

_VERSION = 2


class Notes:
    """Notes about files, keyed by a name such as the file's path.

    Args:
        folder: Local folder that holds them; created with the first note.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the note kept under `key`, or None if it is missing or unreadable."""
        try:
            note = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None  # a missing or damaged note is written again
        if not isinstance(note, dict) or (note.get("version"), note.get("key")) != (_VERSION, key):
            return None
        return note

    def put(self, key: str, note: dict[str, Any]) -> None:
        """Write a note atomically.

        Raises:
            StorageError: The folder cannot be written.
        """
        content = json.dumps({**note, "version": _VERSION, "key": key})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(content)
                Path(name).replace(self._path(key))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StorageError(
                f"the row counts of the source cannot be stored: {error.strerror or error}.",
                where=str(self._folder),
                remedy="Make the folder writable, or set storage.state to another one.",
            ) from error

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
