"""What a sentence says, as far as rules over words can tell: its content, its polarity, its voice.

No names are known here and nothing is compared; `evidence` compares the description of a relation
with the sentences of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import snowballstemmer

from relgen_assets.extraction.cleaning import word_set

MAX_UNTAGGED_WORDS = 8
"""The tagger needs a longer sentence to find its verb."""
MAX_PREDICATE_WORDS = 4
"""Most words of a description that is a bare predicate, such as "is trained on"."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_LIGHT = word_set(
    """a about above after all also although an and any are as at be because been before being
    below between both but by can could did do does during each either few first for from
    further had has have he her here his how however i if in into is it its may might more most
    much must of on one only or other our out over own same second she should since so some such
    than that the their them then there these they this those three through thus to too two
    under until up us very was we were what when where whether which while who why will with
    within would you your used use uses using via based kind kinds type types part parts form
    forms example examples called known given several many often well thereby hence e g et al
    respectively describes described shows shown show provides provide provided including
    include includes paper article section study work text approach method"""
)
"""Words without content of their own; negations are not among them."""
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|hardly|rarely|unable|unlikely|none|absence of"
    r"|absent|lacks?|lacking|lacked|fails? to|failed to|failing to|fail to|little evidence)\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(r"\b(?:not only|no\. ?\d|no doubt|whether or not)\b", re.IGNORECASE)
BACK_REFERENCE = re.compile(
    r"(?:(?:However|Moreover|Furthermore|Thus|Therefore|Hence|Then|Here|In addition),? )?"
    r"(?:It|They|This|These|Those|Such|The (?:latter|former|same|resulting)|Its|Their|Both)\b",
    re.IGNORECASE,
)
"""The opening of a sentence that goes on about the one before."""
COORDINATION = re.compile(
    r"[^.;]{0,20}?(?:,|/|&|\b(?:and|or|nor)\b|\bas well as\b|\bincluding\b|\bsuch as\b)[^.;]{0,20}",
    re.IGNORECASE,
)
"""What stands between two names that are listed together."""
_UNFINISHED = re.compile(
    r"(?:\b(?:of|in|on|at|for|with|by|from|to|into|and|or|but|as|than|that|which|the|an?|is|are|was"
    r"|were|as follows|such as|given by|i\.e|e\.g)|[,:(])\s*\.?$",
    re.IGNORECASE,
)
_FINITE = frozenset({"VB", "VBZ", "VBP", "VBD", "MD"})
_TO_THE_NAME = r"(?: [\w-]+){0,3}\s*$"
"""What may stand between a preposition and the name that belongs to it."""
_BE = r"(?:is|are|was|were|be|been|being|gets?|got)"
_PASSIVE = re.compile(
    rf"\b{_BE}(?: \w+){{0,3}}? (?:\w+(?:ed|en|wn|nt|ne|lt|ght|pt)|led|made|found|put|set|cut"
    rf"|built|fed|held|kept|met|seen|hit|read|bound)(?: \w+ly)? by{_TO_THE_NAME}"
    r"|\b(?:caused|driven|induced|produced|followed|governed|mediated|triggered|proposed|introduced"
    r"|given|developed|influenced|affected|regulated|controlled|inhibited|suppressed|obtained"
    rf"|generated|explained|determined|enabled|supported|generali[sz]ed) by{_TO_THE_NAME}"
    r"|\b(?:because of|due to|owing to|thanks to|result(?:s|ed|ing)? from|aris(?:es|ing|e) from"
    rf"|stem(?:s|med|ming)? from|originat\w+ (?:from|in)|comes? from){_TO_THE_NAME}",
    re.IGNORECASE,
)
"""Words after which the second of two names acts on the first."""
_BOTH_WAYS = re.compile(
    r"\b(?:depend\w*|rel(?:y|ies|ied|ying) (?:up)?on"
    r"|between|similar(?:ly)?|equal|equivalent|same|correlat\w+|associat\w+|compar\w+|versus|vs"
    r"|relat\w+|link\w*|interact\w*|coexist\w*|differ\w*|alternative\w*|connect\w+)\b",
    re.IGNORECASE,
)
"""Words that relate names without a direction, or whose direction people read both ways."""
_MEANS = re.compile(
    rf"\b(?:based (?:up)?on|using|uses?|by|via|through|with|from|after|under){_TO_THE_NAME}",
    re.IGNORECASE,
)
"""Words after which the second name may be the means of the first, or its object."""
_ACTS_ON = re.compile(rf"\b(?:for|to|in|into|on|during|as){_TO_THE_NAME}", re.IGNORECASE)


class Sense(NamedTuple):
    """A relation that can be worded both ways, such as `A is used for B` and `B uses A`.

    Attributes:
        said: How a description states it.
        forward: Words between two names by which the first is what the description starts from.
        backward: Words by which the second is.
    """

    said: re.Pattern[str]
    forward: re.Pattern[str]
    backward: re.Pattern[str]


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words)})", re.IGNORECASE)


SENSES = (
    Sense(
        said=_any(r"\bused? (?:for|in|to|by)\b", r"\bapplied to\b"),
        forward=_any(
            r"\b(?:for|enabl\w+|helps?|allow\w*|improv\w+|applied to)\b",
            r"\bto \w+",
            r"-based\b",
            r"\bused (?:for|in|to|by)\b",
        ),
        backward=_any(
            r"\bus(?:es|ed|e|ing)\b(?! (?:for|in|to|by)\b)",
            r"\b(?:with|via|through|from|trained on|in terms of|under|by means of)\b",
            r"\b(?:based|rel(?:y|ies|ying)) (?:up)?on\b",
            r"\b(?:employ\w*|utili[sz]\w*|adopt\w*|exploit\w*|incorporat\w*|leverag\w*)\b",
            r"\bappl(?:y|ies|ying)\b",
        ),
    ),
    Sense(
        said=_any(r"\b(?:part|component|element|member|feature|property) of\b", r"\bbelongs? to\b"),
        forward=_any(r"\b(?:of|in|into|within)\b"),
        backward=_any(
            r"\b(?:contain\w*|includ\w*|consist\w*|compris\w*|compos\w*|with|ha(?:s|ve|ving))\b",
            r"'s?(?=\s|$)",
            r"\bus(?:es|ing)\b",
            r"\bof (?:its|their)\b",
        ),
    ),
    Sense(
        said=_any(r"\b(?:kind|type|form|sort|class|example|instance) of\b", r"\bis an?\b"),
        forward=_any(r"\bis an?\b", r"\b(?:are|as)\b", r", an?\b", r"\b(?:and|or) other\b"),
        backward=_any(r"\b(?:such as|including|like|namely|called|named)\b", r"\be ?\. ?g\b"),
    ),
)


class Token(NamedTuple):
    """A word with content of its own.

    Attributes:
        stem: Its stem.
        start: Where it begins in its text.
        end: Where it ends, exclusive.
    """

    stem: str
    start: int
    end: int


def content(text: str) -> list[Token]:
    """Return the words of `text` that have content of their own."""
    return [
        Token(stem(word.group()), word.start(), word.end())
        for word in _WORD.finditer(text)
        if word.group().casefold() not in _LIGHT and not _NEGATION.fullmatch(word.group())
    ]


def is_fragment(description: str) -> bool:
    """Return whether a description is no whole statement: without a verb, or broken off."""
    if _UNFINISHED.search(description) is not None or description.count("(") > description.count(
        ")"
    ):
        return True
    return len(_WORD.findall(description)) > MAX_UNTAGGED_WORDS and not has_verb(description)


def has_verb(text: str) -> bool:
    """Return whether the tagger finds a finite verb in `text`."""
    return any(tag in _FINITE for _, tag in _tags(_WORD.findall(text)))


def _tags(words: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return words with their parts of speech, by the tagger of TextBlob."""
    # Imported on use: the library takes half a second, and not every command needs it.
    from textblob.en import parser

    tagged: Sequence[tuple[str, str]] = parser.find_tags(list(words))
    return tagged


def negations(text: str) -> list[tuple[int, int]]:
    """Return where a text denies something, as offsets, end exclusive."""
    harmless = [match.span() for match in _NO_NEGATION.finditer(text)]
    return [
        match.span()
        for match in _NEGATION.finditer(text)
        if not any(start <= match.start() < end for start, end in harmless)
    ]


def direction(between: str) -> int:
    """Return how the words between two names relate them.

    Returns:
        1: the first acts on the second, -1: the second acts on the first, 0: neither is clear.
    """
    if _PASSIVE.search(between):
        return -1
    if _BOTH_WAYS.search(between) or _MEANS.search(between):
        return 0
    return 1 if content(between) or _ACTS_ON.search(between) else 0


def sense(description: str) -> Sense | None:
    """Return the sense in which a description relates its names, if it is a known one."""
    return next((one for one in SENSES if one.said.search(description)), None)


def direction_in(sense: Sense, between: str) -> int:
    """Return how the words between two names relate them in a known sense.

    The cue next to the second name decides, as in `uses A to improve B`.

    Returns:
        1: the first is what the description starts from, -1: the second is, 0: neither is clear.
    """
    forward = max((cue.end() for cue in sense.forward.finditer(between)), default=-1)
    backward = max((cue.end() for cue in sense.backward.finditer(between)), default=-1)
    return (forward > backward) - (backward > forward)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word, by the Snowball algorithm."""
    folded = word.casefold().replace("\u2019", "'")
    stemmed: Sequence[str] = _stemmer().stemWords([folded])
    return stemmed[0]


@cache
def _stemmer() -> snowballstemmer.EnglishStemmer:
    return snowballstemmer.stemmer("english")
