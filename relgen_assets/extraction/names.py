"""What can name an entity: a noun phrase that names something, not one that points or tells.

Rules over words, without a tagger: fast, the same on every machine, and measured on names that
people marked (`benchmarks/truth.py`). Whether a name occurs in a text is decided in `grounding`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from relgen_assets.extraction.cleaning import word_set
from relgen_assets.extraction.words import WORD
from resources.control_tokens import as_meant

MAX_NAME_CHARACTERS = 80
"""Longer names are sentences."""

_MASK = re.compile(r"x(?:math|cite)\d*|(?-i:REF|CITE|FORMULA|(?:EQ|FIG|TAB|SEC)REF)", re.IGNORECASE)


_FUNCTION_WORDS = word_set(
    """a about above after all also although an and any are as at be because been before being
    below between both but by can could did do does during each either few first for from
    further had has have he her here his how however i if in into is it its may might more most
    much must no nor not of on one only or other our out over own same second she should since
    so some such than that the their them then there these they this those three through thus to
    too two under until up us very was we were what when where whether which while who why will
    with within without would you your"""
)
_ARTICLES = word_set("a an the")
_POINTING = word_set("this these those our their its his her my your latter former aforementioned")
"""Words by which a phrase points at something instead of naming it, wherever they stand."""
_POINTING_OPENINGS = word_set(
    """that such another some any each every both it they we which what there here all most many
    several same other said given following above present"""
)
"""Words by which a phrase does, if they come first."""
_SCRAP_OPENINGS = word_set(
    """of in on at for with by from to into onto upon via per between among under within without
    during through across against about after before over than as and or but nor so because if
    when while whether although where since until not only also thus then however therefore"""
)
_SCRAP_ENDINGS = word_set(
    """of in on at for with by from to into between among under within and or but nor the an as
    than that which is are was were inferred obtained used proposed described considered observed
    shown found given presented required needed involved studied reported derived"""
)
EMPTY_NOUNS = word_set(
    """ability absence account accuracy addition aim amount analyses analysis appearance approach
    attempt attention author authors basis care case change concern conclusion contrast day
    days decrease degree detail details difference east effort end estimate estimates evidence
    example exception existence fact factor fall figure file files findings form forms
    fraction group groups half hand harvest history idea importance increase interest kind
    kinds level light literature lot majority manner member method methods middle minority ml
    modes need north number order others output outputs paper part people percent percentage
    performance place point presence price problem properties property proportion purpose
    quality question range rate reason relation relations respect rest result results rise
    role section series set share side similarity size society something south space spread
    step studies study table term thing time total type types use value variety version
    versions view volume way ways west width work year μl"""
)
"""Nouns that name nothing by themselves: of `value of the field`, `value` is no name."""
_JUDGING = word_set(
    """crucial important useful interesting possible main major significant promising good better
    best novel new recent various certain particular powerful simple effective common key critical
    essential natural typical great first second third next last"""
)
_GENERAL = word_set(
    """ingredient ingredients approach approaches way ways role roles step steps factor factors
    issue issues result results question questions aspect aspects technique techniques part parts
    point points reason reasons idea ideas thing things case cases example examples work works study
    studies finding findings advance advances challenge challenges insight insights"""
)
"""Nouns that name nothing together with a word of `_JUDGING`."""
_LATIN = word_set("vivo vitro silico situ utero ovo toto planta cellulo")
"""What follows `in`, `ex` or `on` in names such as `in situ hybridization`."""
_FINITE_VERBS = word_set(
    """is are was were be been has have had does did can could may might must shall should will
    would cannot isn aren doesn"""
)
_CLAUSE = re.compile(r"\b[a-z]{3,}(?:ed|en|n't) (?:using|by|from|with|that|when|as)\b")
_PARTS = (
    r"papers?|articles?|sections?|subsections?|secs?|chapters?|figs?|figures?|tables?|appendix|appendices"
    r"|eqs?|equations?|theorems?|lemmas?|corollary|corollaries|propositions?|remarks?|footnotes?"
    r"|supplementary|supplement|pages?|refs?|references?"
)
_NUMBERING = r"(?:\(?[0-9ivx]+[a-z]?(?:[.:\-][0-9a-z]+)*\)?|[a-z])"
_NUMBERED = (
    r"assumptions?|conditions?|cases?|steps?|claims?|examples?|definitions?|items?|properties"
    r"|property"
)
_DOCUMENT_PART = re.compile(
    rf"(?:{_PARTS})\.?(?: (?:materials?|information|tables?|figures?))?(?: ?{_NUMBERING}\.?)?"
    rf"|(?:{_NUMBERED}) {_NUMBERING}|.* et al\.?",
    re.IGNORECASE,
)
"""Parts of the document, what it numbers, and what it cites."""


@lru_cache(maxsize=50_000)
def is_name(text: str) -> bool:
    """Return whether `text` can name an entity.

    Not a name: a mask of a formula or citation, a number, a single character, function words, a
    phrase that points (`this method`), a part of the document (`Figure 3`), a clause, a phrase cut
    at a preposition, a whole sentence. An acronym is one even if it reads like a function word
    (`NO`, `WHO`, `IT`).
    """
    if not _has_substance(text):
        return False
    words = text.split()
    plain = [word.strip("()[]{},;:\"'").casefold() for word in words]
    if all(word in _FUNCTION_WORDS for word in plain):
        return len(words) == 1 and len(text) > 1 and text.isupper()
    return not (
        _DOCUMENT_PART.fullmatch(text)
        or _points(words, plain)
        or _is_clause(words, plain)
        or _is_scrap(words, plain)
        or (len(plain) == 2 and plain[0] in _JUDGING and plain[1] in _GENERAL)
    )


def has_mask(text: str) -> bool:
    """Return whether a text holds what stands for a formula, a citation or a number of a figure."""
    return any(_MASK.fullmatch(word) for word in WORD.findall(text))


def without_article(name: str) -> str:
    """Return a name without a small article before it, which belongs to the sentence."""
    first, _, rest = name.partition(" ")
    return rest if first in _ARTICLES and rest else name


def _has_substance(text: str) -> bool:
    """Return whether `text` has letters, several characters, no mask, and brackets in pairs."""
    signs = sum(not character.isspace() for character in text)
    meant = as_meant(text)  # `[MASK] token` has its brackets in pairs, also in a harmless text
    return (
        len(text) <= MAX_NAME_CHARACTERS
        and signs > 1
        and any(character.isalpha() for character in text)
        and not has_mask(text)
        and all(meant.count(opening) == meant.count(closing) for opening, closing in ("()", "[]"))
    )


def _points(words: list[str], plain: list[str]) -> bool:
    # The spelling of acronyms such as `ITS` or `HER` counts: only small letters point.
    pointing = any(
        word in _POINTING and not _is_acronym(spelled)
        for spelled, word in zip(words, plain, strict=True)
    )
    return pointing or (
        len(words) > 1 and plain[0] in _POINTING_OPENINGS and not _is_acronym(words[0])
    )


def _is_clause(words: list[str], plain: list[str]) -> bool:
    has_verb = any(
        word in _FINITE_VERBS and not _is_acronym(spelled)
        for spelled, word in zip(words, plain, strict=True)
    )
    return has_verb or _CLAUSE.search(" ".join(words)) is not None


def _is_scrap(words: list[str], plain: list[str]) -> bool:
    opens = plain[0] in _SCRAP_OPENINGS and not _is_acronym(words[0])
    if opens and len(words) > 1 and (plain[1] in _LATIN or words[1][0] in "-\u2010\u2013"):
        opens = False
    return opens or (plain[-1] in _SCRAP_ENDINGS and not _is_acronym(words[-1]))


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper()
