"""The id of a project: what its leases and grants are kept under where others use the same ledger.

It lies beside the tables, since batches are what is worked on: everyone who shares these is in the
same project, wherever their settings and commands are. A moved folder keeps it, and so does a copy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from uuid import uuid4

from relgen_assets.domain_errors import ConfigurationError, StorageError
from resources import storage
from resources.atomic_write import write_new

FILE: Final = "project.json"
_CHARACTERS: Final = 12


def project_id(data: str) -> str:
    """Return the id of the project whose tables are in this folder; the first call makes it.

    Args:
        data: Folder of the tables; a local path or any fsspec URL.

    Raises:
        ConfigurationError: The file of the id is damaged.
        StorageError: It cannot be read or written.
    """
    url = storage.join(data, FILE)
    if not storage.exists(url):
        _write(url, json.dumps({"id": uuid4().hex[:_CHARACTERS]}).encode())
    try:
        # Read in any case: another process may have been faster.
        return str(json.loads(storage.read_bytes(url))["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            "the file with the id of the project is damaged.",
            where=storage.shown(url),
            remedy="Remove it: a new id is made. Further attempts that were granted are forgotten.",
        ) from error


def _write(url: str, content: bytes) -> None:
    if "://" in url:
        storage.write_atomic(url, content)
        return
    path = Path(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, content)
    except OSError as error:
        raise StorageError(
            f"the file cannot be written: {error.strerror or error}.",
            where=url,
            remedy="Use a folder that you may write to, or set storage.data to another one.",
        ) from error
