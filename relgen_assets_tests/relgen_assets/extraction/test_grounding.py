"""When a name occurs in a text, and how it gets the text's spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.grounding import ABSENT, GroundedText, Occurrence, occurs
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name, without_article

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
        ("the photosystem II", "photosystem II"),
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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Only CD4+CD25+ T cells were seen.", "CD4+CD25- T cells"),
        ("Only CD25+ T cells were seen.", "CD25"),
        ("PixelCNN++ was trained.", "PixelCNN"),
        ("Cl- channels open.", "Cl"),
        ("SARS spread.", "SAR"),
        ("No otters were seen.", "NO"),
        ("NO relaxes muscle.", "no"),
    ],
)
def test_a_name_without_the_signs_of_the_text_is_absent(text: str, name: str) -> None:
    assert GroundedText(text).ground(name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("(R)-ketamine acts longer than (S)-ketamine.", "(S)-ketamine"),
        ("[18F]FDG and K+ and (2+1)D in C++, NO, WHO and IT.", "[18F]FDG"),
        ("[18F]FDG and K+ and (2+1)D in C++, NO, WHO and IT.", "K+"),
        ("[18F]FDG and K+ and (2+1)D in C++, NO, WHO and IT.", "C++"),
        ("[18F]FDG and K+ and (2+1)D in C++, NO, WHO and IT.", "NO"),
        ("glucose- and insulin-dependent", "glucose"),
    ],
)
def test_what_stands_in_the_text_to_the_letter_is_grounded_whatever_it_looks_like(
    text: str, name: str
) -> None:
    assert GroundedText(text).ground(name) == name


@pytest.mark.parametrize(
    ("text", "name", "spelling"),
    [
        ("We used poly ( i : c ) here.", "poly(I:C)", "poly ( i : c )"),
        (
            "A state - of - the - art model.",
            "state-of-the-art model",
            "state - of - the - art model",
        ),
        ("The ( 2 + 1 )D convolution.", "(2+1)D convolutions", "( 2 + 1 )D convolution"),
    ],
)
def test_a_name_without_the_spaces_of_a_tokenised_text_gets_them(
    text: str, name: str, spelling: str
) -> None:
    assert GroundedText(text).ground(name) == spelling


def test_all_mentions_are_told_as_offsets_of_the_text_as_it_was_given() -> None:
    text = "Sea  otters eat.\n\nThe sea\notters, sea otters\t sleep; a Sea  otter swims."
    aligned = GroundedText(text).align("sea otters")
    assert aligned.occurrence is Occurrence.EXACT
    assert [text[start:end] for start, end in aligned.mentions] == ["sea\notters", "sea otters"]
    aligned = GroundedText(text).align("SEA-OTTER")
    assert (aligned.occurrence, aligned.spelling) == (Occurrence.NORMALISED, "Sea otters")
    assert [text[start:end] for start, end in aligned.mentions] == ["Sea  otters"]
    assert GroundedText(text).align("krill") == ABSENT


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
            assert all(
                " ".join(text[first:last].split()) == spelling
                for first, last in grounded.align(name).mentions
            )
            assert grounded.ground(spelling) == spelling
            assert identity(spelling) == identity(without_article(" ".join(name.split())))
            assert is_name(spelling)
