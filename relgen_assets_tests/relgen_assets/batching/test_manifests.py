"""Stored manifests: what is written is read, also by a process that remembers earlier ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.batching import manifests as module
from relgen_assets.batching.manifest import ArticleNote, Manifest
from relgen_assets.batching.manifests import Manifests, of_source
from relgen_assets.domain_errors import StorageError


def manifest(key: str, *ids: str) -> Manifest:
    return Manifest(batch=key, articles=tuple(ArticleNote(id=one) for one in ids))


@pytest.fixture
def stored(tmp_path: Path) -> Manifests:
    return Manifests(str(tmp_path / "data"), tmp_path / "copy.json")


def test_nothing_is_stored_at_first(stored: Manifests) -> None:
    assert (stored.begun(), stored.dropped(), stored.names()) == ({}, {}, [])


def test_another_process_sees_what_was_written(stored: Manifests, tmp_path: Path) -> None:
    other = Manifests(str(tmp_path / "data"), tmp_path / "copy.json")
    stored.write(manifest("papers-00000", "a"))
    assert other.begun() == {"papers-00000": manifest("papers-00000", "a")}
    stored.write(manifest("papers-00000", "a", "b"))
    assert other.begun() == {"papers-00000": manifest("papers-00000", "a", "b")}
    assert other.one("papers-00000") == manifest("papers-00000", "a", "b")
    assert other.one("papers-00001") is None


def test_a_dropped_batch_is_remembered(stored: Manifests) -> None:
    stored.write(manifest("papers-00000", "a"))
    stored.drop("papers-00000")
    assert (list(stored.begun()), list(stored.dropped())) == ([], ["papers-00000"])
    stored.drop("papers-00000")
    stored.write(manifest("papers-00000", "a"))
    assert (list(stored.begun()), list(stored.dropped())) == (["papers-00000"], ["papers-00000"])


def test_the_local_copy_saves_reading_and_may_be_damaged(
    stored: Manifests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORTH_REMEMBERING", 1)
    stored.write(manifest("papers-00000", "a"))
    known = stored.begun()
    copy = tmp_path / "copy.json"
    assert "papers-00000" in copy.read_text("utf-8")
    assert Manifests(str(tmp_path / "data"), copy).begun() == known
    copy.write_text("{", encoding="utf-8")
    assert Manifests(str(tmp_path / "data"), copy).begun() == known


def test_a_damaged_manifest_names_its_file_and_what_to_do(
    stored: Manifests, tmp_path: Path
) -> None:
    stored.write(manifest("papers-00000", "a"))
    (tmp_path / "data/manifests/papers-00000.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StorageError, match=r"papers-00000\.json.*Remove this file"):
        stored.begun()


def test_batches_belong_to_the_source_that_their_key_begins_with() -> None:
    all_of_them = {
        key: manifest(key) for key in ("a-00000", "a-b-00000", "a-100000", "b-00001", "a")
    }
    assert list(of_source(all_of_them, "a")) == ["a-00000", "a-100000"]
    assert list(of_source(all_of_them, "a-b")) == ["a-b-00000"]
