"""A release appears as a whole or not at all, and never in place of another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.release.manifest import MANIFEST_FILE
from relgen_assets.release.places import (
    find_release,
    move_into_place,
    newest_release,
    staged,
    wanted_place,
)


def released(parent: Path, name: str, age: float = 0.0) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    (folder / MANIFEST_FILE).write_text("{}")
    made = time.time() - age
    os.utime(folder / MANIFEST_FILE, (made, made))
    return folder


def test_a_finished_release_is_moved_into_place(tmp_path: Path) -> None:
    with staged(tmp_path / "releases") as staging:
        (staging / "file").write_text("rows")
        assert move_into_place(staging, tmp_path / "releases" / "v1")
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["v1"]
    assert (tmp_path / "releases" / "v1" / "file").read_text() == "rows"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_release_that_is_not_finished_leaves_nothing(
    tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error), staged(tmp_path) as staging:
        (staging / "full").mkdir()
        (staging / "full" / "half").write_text("a half-written")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_command_left_goes_with_the_next_release(tmp_path: Path) -> None:
    for name, age in ((".relgen-release-1-dead", 7200), (".relgen-release-2-alive", 60)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("")
        made = time.time() - age
        os.utime(tmp_path / name / "rows", (made, made))
        os.utime(tmp_path / name, (made, made))
    with staged(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".relgen-release-2-alive"]


@pytest.mark.parametrize("content", [None, "a file", ["in", "a folder"]])
def test_nothing_is_overwritten(tmp_path: Path, content: str | list[str] | None) -> None:
    target = tmp_path / "v1"
    if content is None:
        target.symlink_to(tmp_path / "nowhere")
    elif isinstance(content, str):
        target.write_text(content)
    else:
        released(tmp_path, "v1")
    with staged(tmp_path) as staging:
        assert not move_into_place(staging, target)
    with pytest.raises(ConfigurationError, match="never overwritten"):
        wanted_place(tmp_path, "v1")
    if isinstance(content, str):
        assert target.read_text() == content


def test_a_name_is_one_of_the_project_and_a_path_is_itself(tmp_path: Path) -> None:
    assert wanted_place(tmp_path, None) == (tmp_path, None)
    assert wanted_place(tmp_path, "v1") == (tmp_path, "v1")
    assert wanted_place(tmp_path, f"{tmp_path}/out/v1/") == (tmp_path / "out", "v1")


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"), staged(tmp_path / "file" / "releases"):
        pass


def test_releases_are_found_by_name_and_by_age(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no release yet"):
        newest_release(tmp_path)
    released(tmp_path, "v2", age=10)
    released(tmp_path, "v10", age=5)
    released(tmp_path, "v1", age=90)
    released(tmp_path, ".relgen-release-1-half")
    assert newest_release(tmp_path).name == "v10"
    assert find_release(tmp_path, "v1") == tmp_path / "v1"
    with pytest.raises(ConfigurationError, match="v1, v2, v10"):
        find_release(tmp_path, "v3")
