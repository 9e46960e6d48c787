"""What has to change in a repository, by digests alone."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets_tests.resources.hub_repository.folders import written
from resources.hub_repository.changes import RemoteFile, compare, git_id

CONTENTS = st.dictionaries(
    st.sampled_from(["README.md", "a.json", "full/train/0.parquet", "full/train/1.parquet"]),
    st.binary(max_size=8),
)


def remote(contents: dict[str, bytes]) -> list[RemoteFile]:
    return [
        RemoteFile(path, len(content), "pointer", hashlib.sha256(content).hexdigest())
        if path.endswith(".parquet")
        else RemoteFile(path, len(content), git_id(content))
        for path, content in contents.items()
    ]


@given(here=CONTENTS, there=CONTENTS, own=st.sets(st.sampled_from(["README.md", "a.json", "x"])))
def test_changes_make_the_repository_hold_the_folder_and_what_is_not_ones_own(
    here: dict[str, bytes], there: dict[str, bytes], own: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        changes = compare(written(Path(folder), here), remote(there), own)
    after = dict(there)
    for one in changes.removed:
        assert one.path in own
        del after[one.path]
    for file in changes.uploads:
        assert there.get(file.path) != here[file.path], "what is there is not uploaded"
        after[file.path] = here[file.path]
    foreign = {path: content for path, content in there.items() if path not in own}
    assert after == {**foreign, **here}
    assert changes.is_empty == (after == there)
    assert {one.path for one in changes.replaced} <= there.keys()
    assert not {one.path for one in changes.added} & there.keys()


def test_the_id_of_a_small_file_is_that_of_git(tmp_path: Path) -> None:
    content = "Größe: 5 µm\n".encode()
    file = tmp_path / "a"
    file.write_bytes(content)
    told = subprocess.run(["git", "hash-object", str(file)], capture_output=True, check=True)
    assert git_id(content) == told.stdout.decode().strip()
