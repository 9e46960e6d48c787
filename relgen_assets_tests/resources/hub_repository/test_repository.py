"""A repository of the pretended Hub, over real HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from relgen_assets_tests.fakes.hub import ATTRIBUTES, READER, WRITER, FakeHub
from relgen_assets_tests.resources.hub_repository.folders import (
    NAME,
    published,
    repository,
    written,
)
from resources.errors import HubError
from resources.hub_repository.changes import compare
from resources.hub_repository.repository import HubRepository

README = b"---\nlicense: mit\n---\n"
FILES = {
    "README.md": README,
    "a/0.parquet": b"first",
    "a/1.parquet": b"second",
    "a/2.parquet": b"third",
}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("private", [True, False])
def test_the_first_time_everything_is_added_in_one_commit(
    hub: FakeHub, tmp_path: Path, private: bool
) -> None:
    assert repository(hub).look() is None
    changes = published(hub, written(tmp_path, FILES), private=private)
    assert [one.path for one in changes.added] == sorted(FILES)
    there = hub.repositories[NAME]
    assert there.files == {ATTRIBUTES: there.files[ATTRIBUTES], **FILES}
    assert there.messages == ["initial commit", "as in the folder"]
    assert there.private is private
    state = repository(hub).look()
    assert state is not None
    assert state.private is private
    assert repository(hub).read("README.md", state.commit) == README


def test_without_a_change_nothing_is_sent(hub: FakeHub, tmp_path: Path) -> None:
    files = written(tmp_path, FILES)
    published(hub, files)
    sent = hub.sent()
    changes = published(hub, files)
    assert changes.is_empty
    assert [one.path for one in changes.unchanged] == sorted(FILES)
    assert hub.sent() == sent


def test_only_what_has_changed_is_sent_and_only_ones_own_is_removed(
    hub: FakeHub, tmp_path: Path
) -> None:
    published(hub, written(tmp_path, FILES))
    hub.repositories[NAME].files["notes.md"] = b"of somebody"
    now = {"README.md": README, "a/0.parquet": b"first", "a/1.parquet": b"other!"}
    changes = published(hub, written(tmp_path, now), own=tuple(FILES))
    assert [one.path for one in changes.replaced] == ["a/1.parquet"]
    assert [one.path for one in changes.removed] == ["a/2.parquet"]
    there = hub.repositories[NAME]
    assert there.files.keys() == {ATTRIBUTES, "notes.md", *now}
    assert there.files["a/1.parquet"] == b"other!"
    assert len(there.messages) == 3
    assert hub.uploads[digest(b"first")] == 1


def test_after_a_failure_midway_only_the_rest_is_uploaded(hub: FakeHub, tmp_path: Path) -> None:
    files = written(tmp_path, FILES)
    hub.fail("PUT", "/lfs/", status=403, after=1)
    with pytest.raises(
        HubError, match=r"README\.md to a/2\.parquet cannot be uploaded: .*HTTP 403"
    ):
        published(hub, files)
    assert list(hub.uploads.values()) == [1]
    assert hub.repositories[NAME].files.keys() == {ATTRIBUTES}, "nobody sees half of it"
    hub.mend()
    published(hub, files)
    assert hub.uploads == {digest(FILES[path]): 1 for path in FILES if path != "README.md"}
    assert hub.repositories[NAME].files.keys() == {ATTRIBUTES, *FILES}


def test_a_failure_of_the_commit_loses_no_upload(hub: FakeHub, tmp_path: Path) -> None:
    files = written(tmp_path, FILES)
    hub.fail("POST", "/commit/", status=503)
    with pytest.raises(HubError, match="cannot be committed: the Hub fails") as failed:
        published(hub, files)
    assert failed.value.may_pass
    hub.mend()
    published(hub, files)
    assert set(hub.uploads.values()) == {1}
    assert hub.repositories[NAME].files.keys() == {ATTRIBUTES, *FILES}


def test_a_commit_of_somebody_else_meanwhile_is_not_undone(hub: FakeHub, tmp_path: Path) -> None:
    published(hub, written(tmp_path, FILES))
    before = repository(hub).look()
    assert before is not None
    hub.repositories[NAME].messages.append("of somebody")
    changes = compare(written(tmp_path, {"README.md": b"new"}), before.files, ())
    with pytest.raises(HubError, match="has changed meanwhile") as failed:
        repository(hub).change(changes, message="late", parent=before.commit)
    assert failed.value.may_pass
    assert hub.repositories[NAME].files["README.md"] == README


def test_files_that_a_gitignore_there_hides_are_named(hub: FakeHub, tmp_path: Path) -> None:
    published(hub, [])
    hub.repositories[NAME].ignored = {"a/1.parquet"}
    with pytest.raises(HubError, match=r"did not take a/1\.parquet\..*\.gitignore"):
        published(hub, written(tmp_path, FILES))


def test_a_token_that_may_only_read_sees_and_changes_nothing(hub: FakeHub, tmp_path: Path) -> None:
    published(hub, written(tmp_path, FILES))
    reader = repository(hub, READER)
    state = reader.look()
    assert state is not None
    changes = compare(written(tmp_path, {"README.md": b"new"}), state.files, ())
    with pytest.raises(HubError, match=r"HTTP 403.*write permission"):
        reader.change(changes, message="no", parent=state.commit)


def test_token_and_address_come_from_the_environment(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.url}/")
    monkeypatch.setenv("HF_TOKEN", WRITER)
    there = HubRepository(NAME)
    there.require_token()
    there.create(private=True)
    assert there.url == f"{hub.url}/datasets/{NAME}"
    assert hub.repositories[NAME].private

    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    without = HubRepository(NAME)
    assert without.look() is None, "a private repository is hidden"
    with pytest.raises(HubError, match=r"no token .* is set\. Set HF_TOKEN"):
        without.require_token()

    (tmp_path / "token").write_text(WRITER)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    HubRepository(NAME).require_token()
