"""A release on the Hugging Face Hub: what has to change there, and the change itself.

A repository holds one release, and whatever people add to it. The manifest there tells which files
came with a release: only those are ever removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relgen_assets.domain_errors import DatasetError
from relgen_assets.release.manifest import MANIFEST_FILE, Manifest, measured
from relgen_assets.release.permission import require_permission
from relgen_assets.release.verification import verify
from relgen_assets.rights.publishing import Policy
from resources import storage
from resources.hub_repository.changes import Changes, LocalFile, compare
from resources.hub_repository.repository import HubRepository, RepositoryState

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing a release would change.

    Attributes:
        folder: The release.
        manifest: Its manifest.
        private: Whether the repository is private, or will be made so.
        there: What the repository holds; `None` if it has to be made.
        changes: What has to change.
    """

    folder: Path
    manifest: Manifest
    private: bool
    there: RepositoryState | None
    changes: Changes


@dataclass(frozen=True, slots=True)
class Publication:
    """A release that is on the Hub.

    Attributes:
        plan: What was to be changed.
        commit: The commit that holds it.
    """

    plan: Plan
    commit: str


def plan_publication(
    folder: Path, repository: HubRepository, policy: Policy, *, private: bool
) -> Plan:
    """Return what has to change so that a repository holds a release; change nothing.

    Args:
        folder: The release.
        repository: The repository.
        policy: What the project publishes.
        private: Whether it has to be private.

    Raises:
        DatasetError: The release is not as it was written, or holds rows that may not be
            published; or the repository holds something that is no release.
        HubError: The Hub refuses, fails, or cannot be reached.
        StorageError: A file of the release cannot be read.
    """
    manifest = _intact(folder)
    require_permission(folder, manifest, policy)
    there = repository.look()
    if there is not None and private and not there.private:
        raise DatasetError(
            "the repository is public, and this release is to be private.",
            where=repository.url,
            remedy="Say --public, or set publishing.private = false; or make it private there.",
        )
    try:
        local = _local_files(folder, manifest)
        remote = there.files if there is not None else []
        changes = compare(local, remote, _own(repository, there))
    except OSError as error:
        raise storage.storage_error("the release cannot be read", str(folder), error) from error
    return Plan(folder, manifest, private if there is None else there.private, there, changes)


def publish(
    folder: Path, repository: HubRepository, policy: Policy, *, private: bool
) -> Publication:
    """Bring a repository to hold a release: in one commit, or in none if it does already.

    Args:
        folder: The release.
        repository: The repository; made if it is not there.
        policy: What the project publishes.
        private: Whether it has to be private.

    Raises:
        DatasetError: As of `plan_publication`.
        HubError: No token is set, or the Hub refuses, fails, or cannot be reached. What has arrived
            there is not uploaded again the next time.
        StorageError: A file of the release cannot be read.
    """
    repository.require_token()
    plan = plan_publication(folder, repository, policy, private=private)
    there = plan.there
    if there is None:
        repository.create(private=private)
        there = repository.look()
    parent = there.commit if there is not None else None
    if plan.changes.is_empty and parent is not None:
        return Publication(plan, parent)
    return Publication(plan, repository.change(plan.changes, message=_message(plan), parent=parent))


def _message(plan: Plan) -> str:
    name, version = plan.folder.name, plan.manifest.version
    return f"Release {name}" if name == version else f"Release {name} ({version})"


def _intact(folder: Path) -> Manifest:
    """Return the manifest of a release that is as it was written."""
    found = verify(folder)
    if found.is_intact:
        return found.manifest
    faults = [*found.missing, *found.added, *found.changed, *found.miscounted]
    more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    raise DatasetError(
        f"the release is not as it was written: {', '.join(faults[:_SHOWN])}{more}.",
        where=str(folder),
        remedy=f"See what it is: relgen verify {folder}",
    )


def _local_files(folder: Path, manifest: Manifest) -> list[LocalFile]:
    size, digest = measured(folder / MANIFEST_FILE)
    files = [
        LocalFile(one.path, folder / one.path, one.bytes, one.sha256) for one in manifest.files
    ]
    return [*files, LocalFile(MANIFEST_FILE, folder / MANIFEST_FILE, size, digest)]


def _own(repository: HubRepository, there: RepositoryState | None) -> set[str]:
    """Return the paths in a repository that came with the release it holds."""
    if there is None or all(one.path != MANIFEST_FILE for one in there.files):
        return set()
    return _released_paths(repository.read(MANIFEST_FILE, there.commit), repository.url)


def _released_paths(manifest: bytes, where: str) -> set[str]:
    """Return the paths that a manifest names, also one of another version of this project."""
    try:
        content = json.loads(manifest)
        paths = {str(one["path"]) for one in content["files"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _foreign(where) from None
    return {*paths, MANIFEST_FILE}


def _foreign(where: str) -> DatasetError:
    return DatasetError(
        f"the {MANIFEST_FILE} there is not that of a release, so that it is not known which files"
        " belong to one.",
        where=where,
        remedy="Name another repository, or remove that file there.",
    )


def files_and_bytes(changes: Changes) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return the number of files and their bytes, by what happens to them."""
    by_action = changes.by_action()
    files = {action: len(found) for action, found in by_action.items()}
    sizes = {action: sum(one.size for one in found) for action, found in by_action.items()}
    return files, sizes
