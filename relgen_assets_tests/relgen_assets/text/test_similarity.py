"""Similarity: versions of one text are found among others, whatever their order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.text.similarity import (
    FEWEST_WORDS,
    NEAR,
    near_duplicates,
    signature,
    similarity,
)

_SYLLABLES = ["ka", "lo", "mi", "ru", "te", "so", "ban", "dor", "fel", "gim", "hul", "jek"]


def article(seed: int, words: int = 800) -> str:
    """Return an article in a language that exists nowhere."""
    chance = random.Random(seed)
    return " ".join("".join(chance.choices(_SYLLABLES, k=3)) for _ in range(words))


def revised(text: str, share: float, seed: int = 0) -> str:
    """Return a version of a text in which a share of the words is another one."""
    chance = random.Random(seed)
    return " ".join("changed" if chance.random() < share else word for word in text.split())


def test_a_text_is_as_similar_to_itself_as_can_be() -> None:
    one = signature(article(1))
    assert similarity(one, one) == 1.0
    assert similarity(one, signature(article(2))) < 0.1


def test_layout_case_numbers_and_masks_do_not_count() -> None:
    text = article(1)
    other = text.upper().replace(" ", "\n", 40).replace(" ", " 12, @xmath3 ", 30) + " @xcite ."
    assert similarity(signature(text), signature(other)) == 1.0


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_a_revised_text_is_a_version_of_the_first(share: float) -> None:
    text = article(1, words=3_000)
    assert similarity(signature(text), signature(revised(text, share))) > NEAR


@pytest.mark.parametrize("text", ["", "word " * (FEWEST_WORDS - 1), "1 2 3 " * 100])
def test_a_text_of_few_words_has_no_signature(text: str) -> None:
    assert signature(text) == []
    assert similarity(signature(text), signature(text)) == 0.0


@given(st.integers(0, 100), st.permutations(["preprint", "journal", "other", "short", "reprint"]))
def test_the_groups_do_not_depend_on_the_order(seed: int, order: list[str]) -> None:
    first = article(seed)
    texts = {
        "preprint": first,
        "journal": revised(first, 0.02, seed),
        "reprint": first,
        "other": article(seed + 1_000),
        "short": "too few words",
    }
    found = near_duplicates({name: signature(texts[name]) for name in order})
    assert found == [["journal", "preprint", "reprint"]]


def test_boilerplate_that_many_texts_share_makes_no_versions() -> None:
    notice = article(99, words=60)
    texts = {f"{n}": f"{article(n)} {notice}" for n in range(300)}
    assert near_duplicates({name: signature(text) for name, text in texts.items()}) == []
