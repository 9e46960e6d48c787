"""The terms of a chunk from which a small model may choose its entities."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets.extraction import occurs
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name
from relgen_assets.text.candidates import candidate_terms

TEXT = (
    "Kelp forests shelter juvenile fish along cold coasts. Sea urchins graze kelp forests, and "
    "sea otters hunt sea urchins. Where sea otters vanish, sea urchins strip the kelp forests "
    "within @xmath12 years @xcite, as shown in REF, and juvenile fish disappear. Nitrogen "
    "fertiliser reaches the coast with rivers; dissolved nitrogen feeds phytoplankton, and "
    "phytoplankton blooms shade kelp forests in 2014 and 2015."
)
words = st.sampled_from(
    [
        "kelp",
        "forests",
        "The",
        "of",
        "@xmath1",
        "@xcite",
        "REF",
        "12",
        "feeds",
        "beta-sheet",
        ".",
        "\n",
    ]
)


def test_the_important_terms_come_first_as_the_text_spells_them() -> None:
    terms = candidate_terms(TEXT, 12)
    folded = [term.casefold() for term in terms]
    assert {"kelp forests", "sea urchins", "sea otters"} <= set(folded)
    assert all(occurs(term, TEXT) for term in terms)


def test_masks_numbers_and_function_words_are_not_terms() -> None:
    words_of_terms = {word for term in candidate_terms(TEXT, 50) for word in term.split()}
    assert not words_of_terms & {"@xmath12", "xmath12", "xcite", "REF", "2014", "2015", "The"}


def test_no_more_terms_than_asked_for() -> None:
    assert len(candidate_terms(TEXT, 3)) == 3
    assert candidate_terms(TEXT, 0) == []


def test_a_text_without_terms_has_no_candidates() -> None:
    assert candidate_terms("", 10) == []
    assert candidate_terms("@xmath0 @xmath1 = 12 .\n\x00", 10) == []


def test_a_prefix_that_stands_alone_belongs_to_its_term() -> None:
    text = "The non relativistic limit exists. A post hoc test of non linear partial derivatives."
    terms = candidate_terms(text, 12)
    assert "non relativistic limit" in terms
    assert "non linear partial derivatives" in terms
    assert not {"relativistic limit", "linear partial derivatives"} & set(terms)


def test_a_name_that_the_tagger_cuts_at_its_sign_is_no_term() -> None:
    assert candidate_terms("A0#", 10) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(words, max_size=60).map(" ".join) | st.text(max_size=200))
def test_terms_occur_name_something_and_differ(text: str) -> None:
    terms = candidate_terms(text, 10)
    assert terms == candidate_terms(text, 10)
    assert all(occurs(term, text) and is_name(term) for term in terms)
    assert len({identity(term) for term in terms}) == len(terms)
