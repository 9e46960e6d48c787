"""What makes a statement: its finite verb, also where the tagger takes it for a noun."""

from __future__ import annotations

import pytest

from relgen_assets.extraction.verbs import can_be_verb, has_verb, is_fragment, is_noun


@pytest.mark.parametrize(
    "text",
    [
        "Warm water lowers the oxygen level in the lake.",
        "Most language-based applications use either RNN or Transformer-based models.",
        "Scene graphs, on the other hand, model scenes as structured representations.",
        "Warming causes coral bleaching in the reef.",
        "We trained classifiers on speech.",
        "This approach required a large corpus.",
        "losses which results in damage to the coast",
    ],
)
def test_a_statement_has_a_verb(text: str) -> None:
    assert has_verb(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The product formula for the invariants of a product manifold",
        "Low doses of insulin and a model of the use of three methods in mice",
        "a map to a closed symplectic manifold",
        "the effects of the two models on the yield of maize",
    ],
)
def test_a_noun_phrase_has_none(text: str) -> None:
    assert not has_verb(text)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("The construction of global charts for moduli spaces of stable maps.", True),
        ("Adam converges faster than the", True),
        ("Adam (an optimizer converges quickly.", True),
        ("Variants not identified by GWAS.", True),
        ("Variants are not identified by GWAS.", False),
        ("inhibits", False),
        ("Most applications of this kind use either recurrent or attention models.", False),
    ],
)
def test_a_fragment_lacks_a_verb_or_an_end(description: str, expected: bool) -> None:
    assert is_fragment(description) is expected


def test_a_word_that_is_also_a_verb_is_not_simply_a_noun() -> None:
    assert can_be_verb("targets") and can_be_verb("supplies") and not can_be_verb("glacier")
    assert is_noun("glacier") and not is_noun("targets") and not is_noun("phosphorylates")
