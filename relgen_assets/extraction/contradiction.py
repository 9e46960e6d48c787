"""Whether one statement denies another: by a negation, or by a word of the opposite sense."""

from __future__ import annotations

from relgen_assets.extraction import statements

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
