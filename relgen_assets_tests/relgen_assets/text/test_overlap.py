"""Overlap with evaluation sets: thirteen words in a row, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.text.overlap import FEWEST, RUN, Overlap

TEXT = (
    "salt lakes of the high plateau shelter brine shrimp which feed the flamingos that breed on"
    " their islands every spring"
)
WORDS = TEXT.split()
BEFORE, AFTER = "Nothing is known about", "and of what else lives there."


def sentence(count: int, first: int = 0) -> str:
    return " ".join(WORDS[first : first + count])


def test_a_run_of_thirteen_words_overlaps_and_one_of_twelve_does_not() -> None:
    overlap = Overlap([("test.txt", " ".join(WORDS))])
    assert overlap.of(f"{BEFORE} {sentence(RUN, 3)} {AFTER}") == ["test.txt"]
    assert overlap.of(f"{BEFORE} {sentence(RUN - 1, 3)} {AFTER}") == []


@pytest.mark.parametrize(
    "written",
    [
        " ".join(WORDS).upper(),
        "\n".join(WORDS),
        ", ".join(WORDS) + "!",
        " ".join(WORDS).replace("brine", "@xcite brine"),
        " ".join(WORDS).replace("flamingos", "\ufb02amingos"),
    ],
)
def test_case_punctuation_line_breaks_masks_and_ligatures_do_not_count(written: str) -> None:
    assert Overlap([("test.txt", " ".join(WORDS))]).of(written) == ["test.txt"]


def test_a_short_text_overlaps_as_a_whole_and_a_very_short_one_with_nothing() -> None:
    short, tiny = sentence(FEWEST), sentence(FEWEST - 1)
    assert Overlap([("test.txt", short)]).of(f"{BEFORE} {short} {AFTER}") == ["test.txt"]
    assert Overlap([("test.txt", tiny)]).of(f"{BEFORE} {tiny} {AFTER}") == []


def test_every_file_that_holds_a_run_is_named() -> None:
    both, one = " ".join(WORDS), sentence(RUN + 1)
    overlap = Overlap([("b/test.txt", both), ("a/test.txt", one), ("c/test.txt", AFTER)])
    assert overlap.of(AFTER, both) == ["a/test.txt", "b/test.txt"]
    assert overlap.names == ["a/test.txt", "b/test.txt", "c/test.txt"]


def test_in_scripts_without_spaces_every_letter_is_a_word() -> None:
    text = "盐湖里的卤虫是火烈鸟的食物来源之一"
    assert Overlap([("test.txt", text)]).of(f"我们知道{text}。") == ["test.txt"]
    assert Overlap([("test.txt", text)]).of("盐湖里的卤虫很小") == []


def test_without_evaluation_sets_nothing_overlaps() -> None:
    assert not Overlap()
    assert Overlap().of(" ".join(WORDS)) == []


@given(st.text(), st.lists(st.sampled_from(WORDS), min_size=RUN), st.text())
def test_a_text_overlaps_with_whatever_holds_it_as_words_of_its_own(
    before: str, words: list[str], after: str
) -> None:
    text = " ".join(words)
    assert Overlap([("test.txt", text)]).of(f"{before} {text} {after}") == ["test.txt"]
