"""Which misspelled names are recognised, and what is never taken for a misspelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.fuzzy import is_slip
from relgen_assets.extraction.grounding import ABSENT, GroundedText, Occurrence

TEXT = (
    "Convolutional neural  networks and the transformer read CD4+CD25+ T cells, acetylcholine "
    "receptors, SAR images, 12 nucleotides, type 2 diabetes, phosphatase and hypertension; "
    "transformer+ is another."
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("transfomer", "transformer"),
        ("the Transformmer", "transformer"),
        ("convolutional neural netwroks", "Convolutional neural networks"),
        ("acetycholine receptor", "acetylcholine receptors"),
        ("acetylcoline receptors", "acetylcholine receptors"),
    ],
)
def test_a_slip_in_a_long_word_is_recognised(name: str, meant: str) -> None:
    aligned = GroundedText(TEXT).align_misspelled(name, 85)
    assert (aligned.occurrence, aligned.spelling) == (Occurrence.FUZZY, meant)
    assert aligned.similarity is not None
    assert 85 <= aligned.similarity < 100
    assert [" ".join(TEXT[start:end].split()) for start, end in aligned.mentions] == [meant]


@pytest.mark.parametrize(
    "name",
    [
        "CD4+CD25- T cells",
        "CD4+CD25 T cells",
        "SARS",
        "SARS images",
        "13 nucleotides",
        "nucleosides",
        "type 1 diabetes",
        "type diabetes",
        "phosphatase 2",
        "phosphotransferase",
        "hypotension",
        "neural networks transformer",
        "krill",
        "this transfomer",
        "",
    ],
)
def test_another_name_is_no_misspelling_however_alike(name: str) -> None:
    assert GroundedText(TEXT).align_misspelled(name, 0) == ABSENT


def test_a_word_that_the_text_uses_itself_is_no_misspelling() -> None:
    text = "Transformation cells are not transformatiom cells; a transformatiom is rare."
    assert GroundedText(text).align_misspelled("transformation gain", 0) == ABSENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("causal", "casual"),
        ("sulfate", "sulfite"),
        ("cysteine", "cystine"),
        ("ethane", "ethene"),
        ("afferent", "efferent"),
        ("hypertension", "hypotension"),
        ("interleukin", "intraleukin"),
        ("nucleotide", "nucleoside"),
        ("transformer", "transform3r"),
        ("glutamate", "glutamine"),
        ("generic", "genetic"),
    ],
)
def test_words_that_differ_by_more_than_a_slip_are_two(one: str, other: str) -> None:
    assert not is_slip(one, other)
    assert not is_slip(other, one)


@given(st.text(alphabet="abcde1+", max_size=12), st.text(alphabet="abcde1+", max_size=12))
def test_a_slip_is_one_from_both_sides_and_never_between_a_word_and_itself(
    one: str, other: str
) -> None:
    assert is_slip(one, other) == is_slip(other, one)
    assert not is_slip(one, one)
