"""Files for a repository, and the Hub's client as the tests use it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from relgen_assets_tests.fakes.hub import WRITER, FakeHub
from resources.hub_repository.changes import Changes, LocalFile, compare
from resources.hub_repository.repository import HubRepository

NAME = "lab/lakes"


def written(folder: Path, contents: Mapping[str, bytes]) -> list[LocalFile]:
    """Write files and return them."""
    found: list[LocalFile] = []
    for path, content in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        found.append(LocalFile(path, file, len(content), hashlib.sha256(content).hexdigest()))
    return found


def repository(hub: FakeHub, token: str = WRITER) -> HubRepository:
    """Return the repository of the tests, whether or not it is there."""
    return HubRepository(NAME, endpoint=hub.url, token=token)


def published(
    hub: FakeHub, files: list[LocalFile], own: tuple[str, ...] = (), *, private: bool = True
) -> Changes:
    """Bring a repository to hold files; return what had to change."""
    there = repository(hub)
    if (state := there.look()) is None:
        there.create(private=private)
        state = there.look()
    assert state is not None
    changes = compare(files, state.files, own)
    if not changes.is_empty:
        there.change(changes, message="as in the folder", parent=state.commit)
    return changes
