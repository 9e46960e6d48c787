"""One dataset repository of the Hub: looking, creating, uploading, committing.

A publication is one commit, so that nobody ever sees half of it. Large files go ahead of it; the
Hub keeps them by their digest, so a publication that was broken off uploads only the rest when it
is run again.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token
from huggingface_hub.errors import OIDCError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from resources.errors import HubError
from resources.hub_repository.changes import Changes, LocalFile, RemoteFile
from resources.hub_repository.faults import HOW_TO_LOG_IN, asked
from resources.progress import BOARD
from resources.redaction import conceal

Result = TypeVar("Result")
_KIND: Final = "dataset"
_BRANCH: Final = "main"
_AT_ONCE: Final = 8
"""So many files are handed to the Hub's client together, which uploads several at a time."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What a repository holds.

    Attributes:
        commit: Its newest commit.
        private: Whether only those who were given access may see it.
        files: All its files.
    """

    commit: str
    private: bool
    files: list[RemoteFile]


class HubRepository:
    """A dataset repository of the Hub.

    Args:
        name: Its name, with its owner: `owner/name`.
        endpoint: Address of the Hub; by default that of HF_ENDPOINT, else the public Hub.
        token: The token of the user; by default that of HF_TOKEN or of `hf auth login`.
    """

    def __init__(self, name: str, *, endpoint: str | None = None, token: str | None = None) -> None:
        self.name = name
        self._endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip(
            "/"
        )
        self._token = conceal(token) if token else _own_token()
        # Without a token, `False` keeps the client from looking for one itself.
        self._api = HfApi(endpoint=self._endpoint, token=self._token or False)

    @property
    def url(self) -> str:
        """Address of the repository, for people."""
        return f"{self._endpoint}/datasets/{self.name}"

    def require_token(self) -> None:
        """Refuse to go on without a token.

        Raises:
            HubError: None is set.
        """
        if self._token is None:
            raise HubError(
                "no token of the Hugging Face Hub is set.", where=self.url, remedy=HOW_TO_LOG_IN
            )

    def look(self) -> RepositoryState | None:
        """Return what the repository holds; `None` if there is none that the token may see.

        Raises:
            HubError: The Hub refuses, fails, or cannot be reached.
        """

        def state() -> RepositoryState | None:
            try:
                info = self._api.dataset_info(self.name, expand=["private", "sha"])
            except RepositoryNotFoundError:
                return None
            commit = info.sha or _BRANCH
            tree = self._api.list_repo_tree(
                self.name, recursive=True, revision=commit, repo_type=_KIND
            )
            files = [_remote_file(one) for one in tree if isinstance(one, RepoFile)]
            return RepositoryState(commit, bool(info.private), files)

        return self._ask(state, "the repository cannot be looked at")

    def read(self, path: str, commit: str) -> bytes:
        """Return the bytes of a file of the repository.

        Args:
            path: Where it is in the repository.
            commit: The commit to read it from.

        Raises:
            HubError: The Hub refuses, fails, or cannot be reached.
        """

        def content() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                found = self._api.hf_hub_download(
                    self.name, path, repo_type=_KIND, revision=commit, cache_dir=folder
                )
                return Path(found).read_bytes()

        return self._ask(content, f"{path} cannot be read")

    def create(self, *, private: bool) -> None:
        """Make the repository.

        Raises:
            HubError: The Hub refuses, fails, or cannot be reached.
        """
        visibility: Literal["private", "public"] = "private" if private else "public"
        self._ask(
            lambda: self._api.create_repo(self.name, repo_type=_KIND, visibility=visibility),
            "the repository cannot be created",
        )

    def change(self, changes: Changes, *, message: str, parent: str | None) -> str:
        """Upload files, then add, replace and remove in one commit; return the id of the commit.

        Args:
            changes: What has to change; not empty.
            message: Message of the commit.
            parent: The commit that the changes were compared with; any other is refused.

        Raises:
            HubError: The Hub refuses, fails, or cannot be reached; or it did not take a file.
        """
        additions = self._ask(
            lambda: [CommitOperationAdd(one.path, one.file) for one in changes.uploads],
            "a file cannot be uploaded",
        )
        removals = [CommitOperationDelete(one.path, is_folder=False) for one in changes.removed]
        with BOARD.begin("uploaded files", len(additions)) as task:
            for start in range(0, len(additions), _AT_ONCE):
                group = additions[start : start + _AT_ONCE]
                self._upload(group)
                for _ in group:
                    task.advance()
        commit = self._ask(
            lambda: (
                self._api.create_commit(
                    self.name,
                    [*removals, *additions],
                    commit_message=message,
                    repo_type=_KIND,
                    parent_commit=parent,
                ).oid
            ),
            "the changes cannot be committed",
        )
        self._require(changes.uploads)
        return commit

    def _upload(self, additions: Sequence[CommitOperationAdd]) -> None:
        """Upload those files that the Hub keeps beside git and does not hold yet."""
        several = f"{additions[0].path_in_repo} to {additions[-1].path_in_repo}"
        self._ask(
            lambda: self._api.preupload_lfs_files(
                self.name, additions, repo_type=_KIND, free_memory=False
            ),
            f"{several} cannot be uploaded",
        )

    def _require(self, uploads: Sequence[LocalFile]) -> None:
        """Refuse a commit that lacks files: the Hub silently skips those that git ignores."""
        state = self.look()
        there = {one.path for one in state.files} if state is not None else set()
        lacking = [one.path for one in uploads if one.path not in there]
        if lacking:
            raise HubError(
                f"the Hub did not take {', '.join(lacking[:_SHOWN])}.",
                where=self.url,
                remedy="A .gitignore in the repository names them: change it, then run again.",
            )

    def _ask(self, call: Callable[[], Result], doing: str) -> Result:
        with _quiet():
            return asked(call, doing=doing, where=self.url, token=self._token)


def _own_token() -> str | None:
    """Return the token that the Hub's own tools would use."""
    try:
        token = get_token()
        return None if token is None else conceal(token)
    except (OIDCError, OSError, ValueError) as error:
        kind = type(error).__name__
    raise HubError(
        f"the token of the Hugging Face Hub cannot be read ({kind}).", remedy=HOW_TO_LOG_IN
    )


def _remote_file(found: RepoFile) -> RemoteFile:
    large = found.lfs.sha256 if found.lfs is not None else None
    return RemoteFile(found.path, found.size, found.blob_id, large)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client from drawing bars and printing warnings into the progress display."""
    drawing = not are_progress_bars_disabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if drawing:
            disable_progress_bars()
        try:
            yield
        finally:
            if drawing:
                enable_progress_bars()
