"""The evidence that an answer quotes itself: found as it is, in plain spelling, or by likeness."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets.extraction import judge
from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.quoted_evidence import QuotableText
from relgen_assets.extraction.sentences import sentence_spans

FIRST = "Warm water lowers the oxygen level of lake\u2019s depth \u2013 and \u201cshelf\u201d."
SECOND = "The committee met in Geneva."
THIRD = "It found that warm water lowers the oxygen level in every summer."
TEXT = f"{FIRST}  {SECOND}\n{THIRD}"


def sentences_of(quote: str, text: str = TEXT) -> list[str]:
    spans = QuotableText(text, sentence_spans(text)).sentences_of(quote)
    return [text[start:end] for start, end in sorted(spans)]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        (FIRST, [FIRST]),
        ("met in Geneva", [SECOND]),
        ("the Committee  met\nin geneva", [SECOND]),
        ('of lake\'s depth - and "shelf"', [FIRST]),
        ('"The committee met in Geneva."', [SECOND]),
        ("... met in Geneva ...", [SECOND]),
        ("It found that warm water lowered the oxygen levels in every summer.", [THIRD]),
        ("lake\u2019s depth [...] met in Geneva", [FIRST, SECOND]),
        ("The committee met in Geneva. It found that warm water", [SECOND, THIRD]),
    ],
)
def test_a_quote_stands_for_the_whole_sentences_it_is_taken_from(
    quote: str, found: list[str]
) -> None:
    assert sentences_of(quote) == found


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " ... ",
        "met in Vienna",
        "Cold air raises the nitrogen level of the river basin.",
        "met in Geneva ... Cold air raises the nitrogen level of the basin.",
        TEXT * 2,
    ],
)
def test_what_the_text_does_not_say_is_no_quote(quote: str) -> None:
    assert sentences_of(quote) == []


@given(st.text(max_size=120), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_quote_of_any_text_names_sentences_of_it(text: str, quote: str) -> None:
    spans = sentence_spans(text)
    assert QuotableText(text, spans).sentences_of(quote) <= set(spans)


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_every_stretch_of_the_text_with_a_word_is_found(start: int, length: int) -> None:
    quote = TEXT[start : start + length]
    if any(letter.isalnum() for letter in quote):
        assert sentences_of(quote)


def test_a_hostile_quote_takes_no_time() -> None:
    text = ("ab " * 12_000) + SECOND
    started = time.perf_counter()
    sentences_of("abc " * 100, text)
    assert time.perf_counter() - started < 1.0


RELATION = {
    "description": "Warm water lowers the oxygen level.",
    "source_entities": ["warm water"],
    "target_entities": ["oxygen level"],
    "strength": "strong",
}


def answer(**changes: Any) -> str:
    return json.dumps(
        {
            "section_description": "Warm water and oxygen.",
            "list_of_entities": ["Warm water", "oxygen level"],
            "relations": [{**RELATION, **changes}],
        }
    )


def test_of_two_sentences_that_state_a_relation_the_quoted_one_is_its_evidence() -> None:
    by_itself = judge(answer(), TEXT).evidence[0].evidence
    quoted = judge(answer(evidence=THIRD[:40]), TEXT).evidence[0].evidence
    assert [TEXT[start:end] for start, end in by_itself] == [FIRST]
    assert [TEXT[start:end] for start, end in quoted] == [THIRD]


@pytest.mark.parametrize("key", ["evidence", "quote", "Supporting text", "sentence"])
@pytest.mark.parametrize("quote", [THIRD, SECOND, "Cold air raises the nitrogen level.", ""])
def test_a_quote_changes_neither_the_extraction_nor_its_acceptance(key: str, quote: str) -> None:
    plain, quoted = judge(answer(), TEXT), judge(answer(**{key: quote}), TEXT)
    assert quoted.extraction == plain.extraction
    assert ("quote_not_found" in quoted.repairs) == quote.startswith("Cold")


def test_a_quote_does_not_make_true_what_no_sentence_states() -> None:
    text = EvidenceText(f"{TEXT} Geneva is a town.")
    quoted = text.sentences_of(f"{SECOND} [...] Geneva is a town.")
    found = text.examine("Warm water is met in Geneva.", ["Warm water"], ["Geneva"], quoted)
    assert found.fault is not None
