"""Releases on a pretended Hub: what goes there, what stays there, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.release.publishing import Publication, plan_publication, publish
from relgen_assets.release.verification import verify
from relgen_assets.rights.model_terms import ModelTerms
from relgen_assets.rights.publishing import Policy
from relgen_assets_tests.fakes.hub import ATTRIBUTES, READER, WRITER, FakeHub
from relgen_assets_tests.relgen_assets.release.folders import articles_of, dataset, release
from resources.errors import HubError
from resources.hub_repository.repository import HubRepository

NAME = "lab/lakes"
POLICY = Policy(own_terms=(("", ModelTerms("any", "free", "tests")),))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with FakeHub(page=50) as running:
        yield running


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with rows in every split."""
    return made(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A later release, which has no rows in the split `test`."""
    return made(tmp_path_factory.mktemp("smaller"), without="test")


def made(root: Path, without: str | None = None) -> Path:
    rows = dataset(root / "dataset", ["b-0"])
    for folder in Path(rows).glob(f"*/{without}"):
        shutil.rmtree(folder)
    release(rows, root / "v1")
    return root / "v1"


def there(hub: FakeHub, token: str = WRITER) -> HubRepository:
    return HubRepository(NAME, endpoint=hub.url, token=token)


def published(hub: FakeHub, folder: Path, *, private: bool = True) -> Publication:
    return publish(folder, there(hub), POLICY, private=private)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("private", [True, False])
def test_a_release_is_published_whole_and_verifies_when_it_comes_back(
    hub: FakeHub, one: Path, tmp_path: Path, private: bool
) -> None:
    done = published(hub, one, private=private)
    repository = hub.repositories[NAME]
    assert repository.private is private
    assert done.commit == repository.commit
    assert repository.messages[-1] == f"Release v1 ({done.plan.manifest.version})"
    assert repository.files.keys() == {ATTRIBUTES, *files_in(one)}
    for path, content in repository.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert verify(tmp_path).is_intact


def test_the_same_release_again_makes_no_commit(hub: FakeHub, one: Path) -> None:
    first = published(hub, one)
    sent = hub.sent()
    again = published(hub, one)
    assert again.plan.changes.is_empty
    assert again.commit == first.commit
    assert hub.sent() == sent


def test_the_next_release_takes_the_place_of_the_last_and_leaves_what_people_added(
    hub: FakeHub, one: Path, smaller: Path
) -> None:
    published(hub, one)
    repository = hub.repositories[NAME]
    repository.files["figures/yield.png"] = b"of somebody"
    done = published(hub, smaller)
    removed = [file.path for file in done.plan.changes.removed]
    assert removed
    assert all("/test/" in path for path in removed)
    foreign = {ATTRIBUTES, "figures/yield.png"}
    assert repository.files.keys() - foreign == files_in(smaller).keys()
    assert repository.files.keys() >= foreign


def test_a_plan_changes_nothing_and_needs_no_token_that_writes(hub: FakeHub, one: Path) -> None:
    plan = plan_publication(one, there(hub, READER), POLICY, private=True)
    assert plan.there is None
    assert [file.path for file in plan.changes.added] == sorted(files_in(one))
    assert not hub.repositories
    assert hub.sent() == []


def test_a_publication_that_was_broken_off_goes_on(hub: FakeHub, one: Path) -> None:
    hub.fail("PUT", "/lfs/", status=403, after=2)
    with pytest.raises(HubError, match="cannot be uploaded"):
        published(hub, one)
    assert hub.repositories[NAME].files.keys() == {ATTRIBUTES}
    hub.mend()
    published(hub, one)
    assert set(hub.uploads.values()) == {1}
    assert hub.repositories[NAME].files.keys() == {ATTRIBUTES, *files_in(one)}


def test_a_private_release_does_not_go_to_a_public_repository(hub: FakeHub, one: Path) -> None:
    published(hub, one, private=False)
    sent = hub.sent()
    with pytest.raises(DatasetError, match=r"repository is public.*--public"):
        published(hub, one)
    assert hub.sent() == sent


def test_a_private_repository_stays_private(hub: FakeHub, one: Path) -> None:
    published(hub, one)
    assert published(hub, one, private=False).plan.private
    assert hub.repositories[NAME].private


def test_a_release_that_was_changed_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder / "README.md").write_text("other")
    with pytest.raises(DatasetError, match=r"not as it was written: README\.md\. .*relgen verify"):
        published(hub, folder)
    assert hub.visited == []


def test_rows_that_may_not_be_published_stay_here(hub: FakeHub, tmp_path: Path) -> None:
    rows = dataset(tmp_path / "dataset", ["b-0"], unknown=articles_of("b-0")[:2])
    release(rows, tmp_path / "all", every_row=True)
    with pytest.raises(DatasetError, match="may not be published"):
        published(hub, tmp_path / "all")
    assert hub.visited == []


def test_a_repository_with_a_manifest_of_something_else_is_left_alone(
    hub: FakeHub, one: Path
) -> None:
    there(hub).create(private=True)
    for foreign in (b"[]", b"{}", b"not json", b'{"files": ["README.md"]}'):
        hub.repositories[NAME].files["manifest.json"] = foreign
        with pytest.raises(DatasetError, match="not that of a release"):
            published(hub, one)
    assert len(hub.repositories[NAME].messages) == 1


def test_without_a_token_nothing_is_asked(
    hub: FakeHub, one: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(HubError, match="no token"):
        publish(one, HubRepository(NAME, endpoint=hub.url), POLICY, private=True)
    assert hub.visited == []
