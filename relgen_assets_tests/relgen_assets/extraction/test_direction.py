"""Which of two names acts on the other, told by verbs, voice, prepositions and nouns of action."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.direction import Frame, direction, direction_in, frame
from relgen_assets.extraction.senses import KIND_OF, PART_OF, SENSES, USED_FOR, Sense, sense


def words(sentence: str) -> Frame:
    """Return the frame of the two names that a sentence has in square brackets."""
    plain, spans = "", []
    for piece in sentence.split("["):
        name, bracket, rest = piece.partition("]")
        if bracket:
            spans.append((len(plain), len(plain) + len(name)))
        plain += name + rest
    first, second = spans
    return frame(plain, first, second)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[Aspirin] inhibits [COX-2].", 1),
        ("[COX-2] is inhibited by [aspirin].", -1),
        ("[Cells] were treated with [aspirin].", -1),
        ("[Treatment] received by [patients] varied.", -1),
        ("[Purity] was checked using [flow cytometry].", -1),
        ("[Cells] were sorted with the help of [beads].", -1),
        ("[Models] using [attention]", 0),
        ("[Bleaching] is mainly due to [heat].", -1),
        ("[Losses] caused by [drought] grew.", -1),
        ("[Drought] leads to [losses].", 1),
        ("[Bleaching] was attributed to [heat].", -1),
        ("The inhibition of [COX-2] by [aspirin] was strong.", -1),
        ("The effect of [aspirin] on [COX-2] was strong.", 1),
        ("[Heat]-induced [bleaching] spread.", 1),
        ("[Glaciers] retreat because [temperatures] rise.", -1),
        ("[Glaciers] retreat as [temperature] rises in summer.", 0),
        ("[Dinitrogen], which [nitrogenase] reduces, is inert.", -1),
        ("The correlation of [heat] with [losses] was strong.", 0),
        ("We report inhibition of [COX-2] with [aspirin].", -1),
        ("[Growth] depends on [light].", 0),
        ("[Method A] is similar to [method B].", 0),
        ("[Growth] of [cells]", 0),
    ],
)
def test_a_direction_is_told_only_where_the_words_are_clear(sentence: str, expected: int) -> None:
    assert direction(words(sentence)) == expected


@pytest.mark.parametrize(
    ("known", "sentence", "expected"),
    [
        (USED_FOR, "We use [word embeddings] for [question answering].", 1),
        (USED_FOR, "[Question answering] based on [word embeddings] is fast.", -1),
        (USED_FOR, "[Question answering] is done by using [word embeddings].", -1),
        (USED_FOR, "One [tool] for parsing based on [lexical features].", -1),
        (PART_OF, "[The robot] consists of [two arms].", -1),
        (PART_OF, "[An attention layer] is embedded in [the network].", 1),
        (KIND_OF, "[Optimizers] such as [Adam] converge.", -1),
        (KIND_OF, "[Adam] is an [optimizer].", 1),
        (KIND_OF, "[Adam] and other [optimizers] converge.", 1),
        (KIND_OF, "[learning] and [deep learning]", -1),
        (USED_FOR, "[Korean] is near [Japanese]", 0),
    ],
)
def test_a_known_sense_is_recognised_in_the_words_of_the_text(
    known: Sense, sentence: str, expected: int
) -> None:
    assert direction_in(known, words(sentence)) == expected


@pytest.mark.parametrize(
    ("between", "expected"),
    [(" is used for ", USED_FOR), (" is part of ", PART_OF), (" is a kind of ", KIND_OF),
     (" inhibits ", None), (" uses a number of tricks that are all meant to be used for ", None)],
)  # fmt: skip
def test_a_sense_is_told_by_what_a_description_says_and_no_more(
    between: str, expected: Sense | None
) -> None:
    assert sense(between) is expected


@given(st.text(max_size=80), st.text(max_size=30), st.sampled_from(SENSES))
def test_any_words_have_a_direction(between: str, name: str, known: Sense) -> None:
    any_frame = Frame(between, name, between, name, between)
    assert direction(any_frame) in {-1, 0, 1}
    assert direction_in(known, any_frame) in {-1, 0, 1}
