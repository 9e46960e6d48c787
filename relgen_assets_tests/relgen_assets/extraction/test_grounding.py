"""When a name occurs in a text, and how it gets the text's spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.grounding import GroundedText, entity_key, is_name, occurs

TEXT = (
    "Reactive oxygen  species (ROS) damage\nphotosystem II. Mg2+ ions bind the co-valent site; "
    "Schrödinger's well-known model has scale invariance, @xmath0 and @xcite. Carbon. Dioxide "
    "boxes contain studies of β-carotene."
)


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("photosystem II", "photosystem II"),
        ("damage photosystem", "damage photosystem"),
        ("reactive oxygen species", "Reactive oxygen species"),
        ("REACTIVE  OXYGEN", "Reactive oxygen"),
        ("Mg2+", "Mg2+"),
        ("ion", "ions"),
        ("box", "boxes"),
        ("study", "studies"),
        ("covalent sites", "co-valent site"),
        ("scale-invariance", "scale invariance"),
        ("(ROS)", "ROS"),
        ("Schrodinger", "Schrödinger"),
        ("β-carotene", "β-carotene"),
        ("carotene", "carotene"),
    ],
)
def test_a_name_gets_the_spelling_of_the_text(name: str, spelling: str) -> None:
    assert GroundedText(TEXT).ground(name) == spelling


@pytest.mark.parametrize(
    "name",
    [
        "caffeine",
        "oxyge",
        "photosystem I",
        "carbon dioxide",
        "invariance, and",
        "@xmath0",
        "xcite",
        "the",
        "and the",
        "2",
        "",
        " ",
        "+",
        TEXT,
    ],
)
def test_what_the_text_does_not_say_or_cannot_be_a_name_is_not_grounded(name: str) -> None:
    assert GroundedText(TEXT).ground(name) is None


def test_occurring_means_verbatim_and_in_whole_words() -> None:
    assert occurs("oxygen species", TEXT)
    assert not occurs("Oxygen species", TEXT)
    assert not occurs("xygen", TEXT)
    assert not occurs("", TEXT)


def test_decomposed_and_composed_letters_are_the_same() -> None:
    decomposed = "Schro\u0308dinger found it."
    assert GroundedText(decomposed).ground("Schrödinger") == "Schro\u0308dinger"
    assert not occurs("Schro", decomposed)


@given(st.text(max_size=200), st.data())
def test_every_grounded_name_occurs_in_the_text_and_stays_as_it_is(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for name in (text[start:end], text[start:end].upper(), data.draw(st.text(max_size=20))):
        grounded = GroundedText(text)
        spelling = grounded.ground(name)
        if spelling is not None:
            assert grounded.contains(spelling)
            assert grounded.ground(spelling) == spelling
            assert entity_key(spelling) == entity_key(name)
            assert is_name(spelling)
