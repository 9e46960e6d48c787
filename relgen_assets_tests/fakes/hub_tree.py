"""Listings of the pretended Hub: files and folders as its API describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_LARGE = (".parquet", ".png")


def is_large(path: str) -> bool:
    """Whether a file is kept beside git."""
    return path.endswith(_LARGE)


def blob_id(content: bytes) -> str:
    """Return the id that git gives to a blob."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def known_id(path: str, content: bytes) -> str:
    """Return the digest by which the Hub compares a file."""
    return hashlib.sha256(content).hexdigest() if is_large(path) else blob_id(content)


def listing(files: Mapping[str, bytes], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    """Return what a folder holds, its folders before its files.

    Args:
        files: Content by path.
        folder: The folder; empty for the whole repository.
        recursive: Also list what its folders hold.
    """
    start = f"{folder}/" if folder else ""
    inside = {path: content for path, content in files.items() if path.startswith(start)}
    folders: set[str] = set()
    for path in inside:
        parts = path.removeprefix(start).split("/")[:-1]
        found = [start + "/".join(parts[: depth + 1]) for depth in range(len(parts))]
        folders.update(found if recursive else found[:1])
    direct = {
        path: content
        for path, content in inside.items()
        if recursive or "/" not in path.removeprefix(start)
    }
    return [
        *(
            {"type": "directory", "path": one, "oid": "0" * 40, "size": 0}
            for one in sorted(folders)
        ),
        *(_entry(path, content) for path, content in sorted(direct.items())),
    ]


def _entry(path: str, content: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": path, "size": len(content), "oid": blob_id(content)}
    if is_large(path):
        digest = known_id(path, content)
        entry["oid"] = blob_id(f"pointer to {digest}".encode())
        entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
    return entry
