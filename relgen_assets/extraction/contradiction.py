"""Whether a sentence denies what is said, by a negation or an opposite word, or leaves it open."""

from __future__ import annotations

import re

from relgen_assets.extraction import statements

OPENING_WORDS = 4
"""Words by which a description is found in the sentence that it quotes."""
_SUPPOSED = re.compile(r"(?:\b(?:if|whether|unless|suppose that)|^(?:when|although|though|until))")
_ANTONYMS = [
    ("increas", "decreas reduc lower diminish"),
    ("promot", "inhibit suppress prevent imped"),
    ("activ", "inact inhibit deactiv"),
    ("improv", "worsen degrad impair deterior"),
    ("enhanc", "impair reduc weaken suppress"),
    ("posit", "negat"),
    ("high", "low"),
    ("higher", "lower"),
    ("larg", "small"),
    ("larger", "smaller"),
    ("better", "wors"),
    ("faster", "slower"),
    ("more", "less"),
    ("strengthen", "weaken"),
    ("stronger", "weaker"),
    ("enabl", "prevent disabl"),
    ("presenc", "absenc"),
    ("present", "absent"),
    ("outperform", "underperform"),
    ("upregul", "downregul"),
    ("gain", "loss"),
    ("acceler", "slow deceler"),
    ("support", "contradict"),
    ("suffici", "insuffici"),
    ("stabl", "unstabl"),
    ("possibl", "imposs"),
    ("similar", "dissimilar differ"),
]
"""Stems, each with the stems of opposite sense, separated by spaces."""


def contradict(description: str, sentence: str) -> bool:
    """Return whether one denies what the other says."""
    if statements.negations(description) and not statements.negations(sentence):
        return True
    said, found = _denied(description), _denied(sentence)
    stems = {token.stem for token in statements.content(description)}
    here = {token.stem for token in statements.content(sentence)}
    shared = stems & here
    if (said & shared) != (found & shared):
        return True
    return any(
        (one in stems - here and _meets(others, here - stems))
        or (one in here - stems and _meets(others, stems - here))
        for one, others in _ANTONYMS
    )


def is_only_supposed(description: str, sentence: str) -> bool:
    """Return whether a description leaves out the condition under which a sentence says it.

    `When A was found B was predicted` does not state that A was found B was predicted.
    """
    opening = re.escape(" ".join(description.split()[:OPENING_WORDS]))
    supposed = rf"{_SUPPOSED.pattern} {opening}"
    return re.search(supposed, " ".join(sentence.split()), re.IGNORECASE) is not None


def _meets(words: str, stems: set[str]) -> bool:
    return any(word in stems for word in words.split())


def _denied(text: str) -> set[str]:
    """Return the stems of the words that a text denies: the next one after each negation."""
    denied: set[str] = set()
    tokens = statements.content(text)
    for _, end in statements.negations(text):
        following = next((token for token in tokens if token.start >= end), None)
        if following is not None and len(text[end : following.start].split()) <= 4:
            denied.add(following.stem)
    return denied
