"""Whether words make a statement: the finite verbs of a text, and what is only a fragment.

Parts of speech come from TextBlob's tagger, which knows a word by its most frequent use: `use`,
`models` and `causes` are nouns to it. Where such a word stands between a subject and what it acts
on, it is taken for the verb that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from relgen_assets.extraction.cleaning import word_set
from relgen_assets.extraction.verb_words import VERBS

MAX_UNTAGGED_WORDS = 8
"""The tagger needs a longer sentence to find its verb."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|,")
_FINITE = frozenset({"VB", "VBZ", "VBP", "VBD", "MD"})
_NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS", "PRP", "VBG", "FW"})
_OPENS_OBJECT = frozenset(
    {"DT", "PDT", "JJ", "JJR", "JJS", "PRP$", "CD", "RB", "RBR", "NNS", "NNP"}
)
"""Tags of words that begin what a verb acts on."""
_DETERMINERS = frozenset({"DT", "PRP$", "PDT"})
_OPENS_NAME = word_set(
    "a an the of in on at by with from for into its their our these those two each"
)
"""Words after which a noun phrase goes on, whatever tag its next word has."""
_SUBJECTS = word_set("we they he she i")
_RELATIVE = word_set("which that who")
_NO_VERBS = frozenset({"RB", ",", "DT", "IN", "CC"})
_PREPOSITIONS_OF = {
    "result": word_set("in from"), "lead": word_set("to"), "focus": word_set("on"),
    "aim": word_set("at to"), "benefit": word_set("from"), "contribute": word_set("to"),
    "interact": word_set("with"), "differ": word_set("from in"), "vary": word_set("with in"),
    "serve": word_set("as"), "suffer": word_set("from"), "impact": word_set("on"),
    "consist": word_set("of in"), "depend": word_set("on upon"), "converge": word_set("to"),
    "respond": word_set("to"), "bind": word_set("to"), "work": word_set("by with"),
}  # fmt: skip
"""Prepositions that show that a word is a verb there."""
_UNFINISHED = re.compile(
    r"(?:\b(?:of|in|on|at|for|with|by|from|to|into|and|or|but|as|than|that|which|the|an?|is|are|was"
    r"|were|as follows|such as|given by|i\.e|e\.g)|[,:(])\s*\.?$",
    re.IGNORECASE,
)
_DENIED_PARTICIPLE = re.compile(
    r"^(?!.*\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|will)\b)"
    r".*\bnot \w+ed by\b",
    re.IGNORECASE,
)
"""`Variants not identified by A`: a finite verb would be denied by an auxiliary."""

Tagged = Sequence[Sequence[str]]


def is_fragment(description: str) -> bool:
    """Return whether a description is no whole statement: without a verb, or broken off."""
    if _DENIED_PARTICIPLE.search(description):
        return True
    if _UNFINISHED.search(description) or description.count("(") > description.count(")"):
        return True
    words = len(_WORD.findall(description.replace(",", "")))
    return words > MAX_UNTAGGED_WORDS and not has_verb(description)


@lru_cache(maxsize=10_000)
def has_verb(text: str) -> bool:
    """Return whether `text` has a finite verb."""
    return finite_verb(tags(_WORD.findall(text))) is not None


def finite_verb(tagged: Tagged) -> int | None:
    """Return the number of the first finite verb among words with their tags, if there is one."""
    return next(
        (
            number
            for number in range(len(tagged))
            if _is_finite(tagged, number)
            or (0 < number < len(tagged) - 1 and _acts_as_verb(tagged, number))
        ),
        None,
    )


def _is_finite(tagged: Tagged, number: int) -> bool:
    """Return whether a word is tagged as a verb and stands where one can: not in `the closed`."""
    if tagged[number][1] not in _FINITE or not tagged[number][0][0].isalpha():
        return False
    return (
        number == 0
        or tagged[number - 1][0].casefold() not in _OPENS_NAME
        or (tagged[number - 1][1] == "NNP")
    )


def opens_with_verb(text: str, *, after_name: str = "it") -> bool:
    """Return whether a finite verb, perhaps after an adverb, is what a text begins with.

    Args:
        text: The text.
        after_name: What stands before it.
    """
    name = _WORD.findall(after_name)[-1:]
    tagged = tags([*name, *_WORD.findall(text)[:3]])
    verb = finite_verb(tagged)
    return verb is not None and all(tag == "RB" for _, tag in tagged[len(name) : verb])


def is_noun(word: str) -> bool:
    """Return whether a word is known, and as nothing but a noun."""
    from textblob.en import parser

    return str(parser.lexicon.get(word, "")).startswith("NN") and not can_be_verb(word)


def can_be_verb(word: str) -> bool:
    """Return whether a word is known as a verb that the tagger may take for a noun."""
    return any(base in VERBS for base in _bases(word.casefold()))


def _acts_as_verb(tagged: Tagged, number: int) -> bool:
    """Return whether a word stands where only a verb can, whatever its tag."""
    word, tag = tagged[number]
    folded = word.casefold()
    if tag == "VBN" and tagged[number - 1][1] in _NOUNS and tagged[number + 1][1] in _DETERMINERS:
        return True  # "the method required a model"; "the method required by a model" goes on
    if tag not in _NO_VERBS and tagged[number - 1][0].casefold() in _SUBJECTS:
        return True
    base = next((one for one in _bases(folded) if one in VERBS), None)
    if base is None or not tag.startswith("NN"):
        return False
    at = next((at for at in range(number - 1, -1, -1) if tagged[at][1] != "RB"), 0)
    before, tag_before = tagged[at]
    after, tag_after = tagged[number + 1]
    # "graphs, on the other hand, model scenes": what the commas enclose is passed over.
    if before.casefold() in _RELATIVE and tag.startswith("NN"):
        return True  # "which results in losses"
    plural = tag_before == "NNS" or (before == "," and _is_plural_before(tagged, at))
    agrees = plural if folded == base else tag_before in _NOUNS and tag_before != "NNS"
    agrees = agrees or (tag_before.startswith("NN") and tag_after == "DT")
    opens = tag_after in _OPENS_OBJECT or after.casefold() in _PREPOSITIONS_OF.get(base, ())
    return agrees and opens


def _is_plural_before(tagged: Tagged, comma: int) -> bool:
    opening = next((at for at in range(comma - 1, 0, -1) if tagged[at][0] == ","), None)
    return opening is not None and tagged[opening - 1][1] == "NNS"


def _bases(word: str) -> Sequence[str]:
    """Return the forms without an ending that a verb in the third person may have."""
    if word.endswith("ies"):
        return (word[:-3] + "y",)
    return (word, word[:-1], word[:-2]) if word.endswith("s") else (word,)


def tags(words: Sequence[str]) -> Tagged:
    """Return words with their parts of speech, by TextBlob's tagger, two of its slips mended."""
    # Imported on use: the library takes half a second, and not every command needs it.
    from textblob.en import parser

    tagged: list[list[str]] = parser.find_tags(list(words))
    for before, this, after in zip(tagged, tagged[1:], tagged[2:], strict=False):
        if this[0] == "A":
            this[1] = "NNP"  # "method A"
        elif this[1] == "VBZ" and before[1] == "JJ" and after[1] in _FINITE:
            this[1] = "NNS"  # "white dwarfs consist"
    return tagged
