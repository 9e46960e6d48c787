"""The folder of a student."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.training.defaults import recipe_for
from relgen_assets.training.folder import Order, StudentFolder
from relgen_assets_tests.relgen_assets.training.shapes import BOARD, SMOLLM2_135M


def order(rows: str = "abc", base: str = "small", **changes: object) -> Order:
    return Order(base=base, rows=rows, recipe=recipe_for(SMOLLM2_135M, BOARD, changes))


@pytest.fixture
def folder(tmp_path: Path) -> StudentFolder:
    return StudentFolder(tmp_path / "student")


def checkpoint(folder: StudentFolder, number: int, *, whole: bool = True) -> Path:
    place = folder.checkpoints / f"checkpoint-{number}"
    place.mkdir(parents=True)
    if whole:
        (place / "trainer_state.json").write_text("{}")
    return place


def test_the_same_order_goes_on_from_the_last_whole_checkpoint(folder: StudentFolder) -> None:
    folder.begin(order())
    checkpoint(folder, 9)
    last = checkpoint(folder, 10)
    checkpoint(folder, 11, whole=False)
    folder.begin(order())
    assert folder.last_checkpoint() == last


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (order(rows="def"), "of other rows"),
        (order(base="large"), "its model is small, not large"),
        (order(epochs=7), "its epochs is 2.0, not 7.0"),
    ],
)
def test_another_order_is_refused_and_says_what_differs(
    folder: StudentFolder, other: Order, said: str
) -> None:
    folder.begin(order())
    with pytest.raises(ConfigurationError, match=said):
        folder.begin(other)


def test_begun_anew_nothing_of_the_old_training_is_left(folder: StudentFolder) -> None:
    folder.begin(order())
    checkpoint(folder, 3)
    folder.begin(order(rows="def"), fresh=True)
    assert folder.last_checkpoint() is None
    folder.begin(order(rows="def"))


def test_a_model_of_unknown_origin_is_not_overwritten(folder: StudentFolder) -> None:
    folder.model.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="not how it was trained"):
        folder.begin(order())


def test_a_broken_order_says_which_file(folder: StudentFolder) -> None:
    folder.root.mkdir()
    folder.order_file.write_text("{")
    with pytest.raises(ConfigurationError, match=r"training\.json"):
        folder.begin(order())


def test_the_student_appears_as_a_whole(folder: StudentFolder) -> None:
    folder.root.mkdir()
    with folder.finishing() as place:
        place.mkdir()
        (place / "config.json").write_text("{}")
        assert not folder.finished
    assert folder.finished
    assert (folder.model / "config.json").is_file()


def test_what_fails_to_be_written_leaves_no_student(folder: StudentFolder) -> None:
    folder.root.mkdir()
    with pytest.raises(StorageError), folder.finishing():
        pass  # nothing was written there
    assert not folder.finished
