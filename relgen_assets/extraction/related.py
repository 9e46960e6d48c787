"""Whether the words between two names can relate them at all: one statement, asserted, and near.

Two names stand apart if a clause with a subject of its own lies between them, if the second belongs
to another verb of the same subject, or if it is only what something is compared with.
"""

from __future__ import annotations

import re

from relgen_assets.extraction.cleaning import word_set
from relgen_assets.extraction.direction import Frame, direction
from relgen_assets.extraction.statements import BACK_REFERENCE, COORDINATION, content
from relgen_assets.extraction.verbs import has_verb, opens_with_verb

MAX_WORDS = 26
"""Most words between two names that are related."""
MAX_UNCLEAR_WORDS = 10
"""The same where the words do not tell a direction."""
_NEW_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z])")
_NEW_CLAUSE = re.compile(
    r";|,? (?:whereas|while(?! (?:\w+ )?\w+ing\b)|but|although|though|(?:such|so) that)\b",
    re.IGNORECASE,
)
_OWN_SUBJECT = re.compile(
    r"(?<!which )(?<!that )\b(?:they|it (?:is|was|has|can|could|may|might|would|will|does)"
    r"|(?:this|the present) (?:paper|article|study|work|section|chapter|review)) ",
    re.IGNORECASE,
)
"""Words by which the second name stands in a clause that is about something else."""
_BEGINS_CLAUSE = re.compile(
    r",(?: and| so| yet)?(?: (?:the|an?|these|those))?(?: \w+)?\s*$|\band the\s*$"
)
"""What may stand before a name that is the subject of a clause of its own."""
_AND_ANOTHER = re.compile(r",? (?:and|so|yet) (?:the|an?|these|those) (?P<rest>.*)$", re.DOTALL)
"""What may begin a clause that the second name is a part of."""
_END = re.compile(r"[,.;:()]")
_NEXT_VERB = re.compile(r"^\s*,? and (?:\w+ly )?", re.IGNORECASE)
_OBJECT_OF_ANOTHER = re.compile(r"\bto \w+(?: the| an?)?\s*$", re.IGNORECASE)
"""What stands before a name that is an object: `examples chosen to illustrate A have B`."""
_GOES_ON_ABOUT_IT = re.compile(r"\s*(?:,|\(|that\b|which\b|who\b|to\b|and\b)", re.IGNORECASE)
_REPORTS = word_set(
    "result results finding findings study studies author authors researcher researchers"
    " experiment experiments work works analysis analyses"
)
"""Names of nothing but the work that is reported: `results show A`."""
_CLAUSE_END = re.compile(r"[,;:]\s")
_CLAUSE_BEGINS = re.compile(r"[,;:]\s|\bthat\s")
_ADJOINS = re.compile(
    r"\b(?:on|in|at|with|from|for|within|during|against|among|under)\b", re.IGNORECASE
)
"""Prepositions that attach something to a subject."""
_STANDS_FOR_IT = re.compile(
    r"\b(?:changes?|shifts?|increases?|decreases?|reductions?|variations?|rises?|declines?|loss"
    r"|mutations?|improvements?|advances?|drops?|growth"
    r"|polymorphisms?|SNPs?|variants?|alleles?) (?:in|within)$"
    r"|(?:[st]ion|ment|sure|ing|sis) (?:with|from|at)$|\b(?:need|demand|evidence|support) for$",
    re.IGNORECASE,
)
"""Nouns after which the adjunct is what acts: `treatment with A reduces B`."""
_OPENS_ADVERBIAL = re.compile(
    r"(?:^|[,;:]\s)\s*(?:unlike|despite|besides|except|without|in contrast (?:to|with)"
    r"|compared (?:to|with)|as opposed to|instead of|apart from|in addition to)\b[^,;:]*$",
    re.IGNORECASE,
)
"""What sets a name apart from the subject that follows."""
_BOTH_WAYS_WITH = re.compile(
    r"\b(?:interactions?|associations?|correlations?|comparisons?|relations?|agreement) with$",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:this|that|these|those|such|its|their|our)\s$", re.IGNORECASE)
"""What stands before a name that only the sentence before explains."""
_PARTICIPLE = re.compile(r"\b\w+(?:ing|ed|en)\b")
_SET_APART = re.compile(
    r"\s*(?:,\s*(?:by|in|from|with|for|on|within|among)|,?\s*at)\b", re.IGNORECASE
)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|could|may|might|will|would|does|do)\b", re.IGNORECASE
)
_RELATION = re.compile(
    r"\b(?:correlations?|associations?|relations?(?:hips?)?|interactions?|differences?|similarit\w+"
    r"|links?|connections?|comparisons?|compet\w+|correspondences?|equivalences?|trade-?offs?|gaps?"
    r"|affinit\w+|dependen\w+|effects?|influence|impact|role|use|application|binding)\b[^,;:]*$",
    re.IGNORECASE,
)
"""Nouns that relate what follows them."""
_THAN = re.compile(r"\bthan\b", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:whether|questions? (?:of|is|arises?)|as if)\b", re.IGNORECASE)
"""Words by which a sentence leaves open what follows."""
_ABOUT_THE_DOCUMENT = re.compile(
    r"\b(?:aims?|goals?|purpose|focus|objectives?|subject|scope|rest|remainder|contributions?) of"
    r" (?:this|the|our)(?: present| current)? (?:paper|work|study|section|article|chapter|thesis)\b"
    r"|\bof interest (?:here|in this)\b"
    r"|\b(?:shown|summari[sz]ed|listed|presented|depicted|illustrated|displayed|given|reported"
    r"|plotted|seen) in (?:the )?(?:Table|Fig|Figure|Supplementary|Appendix|Section|Eq)\b",
    re.IGNORECASE,
)


def stands_apart(words: Frame) -> bool:
    """Return whether two names stand in statements of their own."""
    between = words.between
    if any(one.search(between) for one in (_NEW_SENTENCE, _NEW_CLAUSE, _OWN_SUBJECT)):
        return True
    if _THAN.search(between) and not has_verb(f"{words.first}{between}"):
        return True  # "predicts A better than B"
    joint = _NEXT_VERB.match(between)
    if joint is not None and opens_with_verb(between[joint.end() :]):
        return True  # "includes A and generates B"
    if (
        _OBJECT_OF_ANOTHER.search(words.before)
        and not _GOES_ON_ABOUT_IT.match(between)
        and has_verb(f"{words.first}{between}")
    ):
        return True
    return begins_clause(words)


def begins_clause(words: Frame) -> bool:
    """Return whether the second name is in the subject of a clause of its own."""
    another = _AND_ANOTHER.search(words.between)
    if another is not None and another["rest"]:
        clause = f"{another['rest']}{words.second}{_END.split(words.after, maxsplit=1)[0]}"
        if has_verb(clause) and not has_verb(another["rest"]):
            return True
    return (
        _BEGINS_CLAUSE.search(words.between) is not None
        and has_verb(f"{words.first}{words.between}")
        and opens_with_verb(words.after.lstrip(), after_name=words.second)
    )


def relates(description: str, words: Frame) -> bool:
    """Return whether a description relates two names without the sentences around it.

    `These methods do not give access to A between B` does not: its subject is not named, and no
    verb joins the two.

    Args:
        description: What is said of the names.
        words: The names, in their order, with the words around them.
    """
    length = len(words.between.split())
    if length > MAX_WORDS or stands_apart(words):
        return False
    if length > MAX_UNCLEAR_WORDS and direction(words) == 0:
        return False
    if words.first.casefold() in _REPORTS:
        return False
    if _ASKED.search(f"{words.before}{words.first}{words.between}"):
        return False
    if _ABOUT_THE_DOCUMENT.search(description):
        return False
    before, after = _around(description, words)
    if (
        _is_adjunct(before, words)
        or _is_adverbial(before, words)
        or _is_inside_a_phrase(before, words, after)
        or _is_far_in_a_phrase(before, words, after)
        or _points(before, words.first)
    ):
        return False
    return BACK_REFERENCE.match(description) is None or has_verb(words.between)


def _around(description: str, words: Frame) -> tuple[str, str]:
    """Return all words of a description before the first name and after the second."""
    start = description.find("".join(words[:4])) + len(words.before)
    end = start + len(f"{words.first}{words.between}{words.second}")
    return description[:start], description[end:]


def _is_adjunct(before: str, words: Frame) -> bool:
    """Return whether the first name only says more of the subject: `failure on A leads to B`.

    It counts as the subject itself after a noun of change or treatment: `changes in A`.
    """
    clause = _CLAUSE_BEGINS.split(before)[-1]
    found = _ADJOINS.search(clause)
    if found is None:
        return False
    head = clause[: found.end()]
    if _STANDS_FOR_IT.search(head) and not _BOTH_WAYS_WITH.search(head):
        return False
    subject = clause[: found.start()]
    return (
        bool(content(subject))
        and not has_verb(subject)
        and not _AUXILIARY.search(clause[found.end() :])
        and has_verb(f"{words.first}{words.between}")
    )


def _points(before: str, name: str) -> bool:
    """Return whether a name is pointed at and not said before: `this map is a bijection`."""
    return _POINTS.search(before) is not None and name.casefold() not in before.casefold()


def _is_adverbial(before: str, words: Frame) -> bool:
    """Return whether the first name is in a phrase before the subject: `unlike A, the method …`."""
    return (
        _OPENS_ADVERBIAL.search(before) is not None
        and _CLAUSE_END.search(words.between) is not None
        and has_verb(words.between)
    )


def _is_far_in_a_phrase(before: str, words: Frame, after: str) -> bool:
    """Return whether a statement about something else holds both names, with others in between.

    `The terms represent the consumption of A by cells at a rate B` says nothing of A and B.
    """
    apart = _SET_APART.match(words.between) is not None
    return (
        (apart or len(content(words.between)) > 1)
        and not _PARTICIPLE.search(words.between)
        and not has_verb(f"{words.first}{words.between}")
        and (has_verb(before) or has_verb(after))
    )


def _is_inside_a_phrase(before: str, words: Frame, after: str) -> bool:
    """Return whether both names are in the subject of a verb that relates neither to the other.

    `Samples of A in B were frozen` does not relate A to B, `the correlation of A with B is strong`
    does.
    """
    return (
        direction(words) == 0
        and not COORDINATION.fullmatch(words.between)
        and not _RELATION.search(before)
        and not has_verb(f"{words.first}{words.between}")
        and not has_verb(before)
        and has_verb(after)
    )
