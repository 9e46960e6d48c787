"""Which of two names acts on the other, as far as the words around them tell.

Rules over verbs, voice, prepositions and nouns of action: `A inhibits B`, `B is inhibited by A`, `B
due to A`, `inhibition of B by A`, `effect of A on B`, `A-induced B`. They abstain where people read
the words both ways. What a text can word both ways in one of three known senses is told by the cues
of `senses`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from relgen_assets.extraction.senses import Cue, Sense
from relgen_assets.extraction.statements import content
from relgen_assets.extraction.verbs import has_verb, opens_with_verb

MAX_BEFORE = 60
MAX_AFTER = 30
"""Most characters before the first name and after the second that are looked at."""
CERTAIN = 1.5
"""Sum of the weights of cues from which a direction counts as stated."""
_STRONG = 1.5
"""Weight of a cue that can decide alone."""
_EARLIER = 0.1
"""What a cue counts that stands before the strong one next to the second name."""
_TO_THE_NAME = r"(?: [\w-]+){0,3}\s*$"
"""What may stand between a preposition and the name that belongs to it."""
_BE = r"(?:is|are|was|were|be|been|being|gets?|got)"
TREATED_WITH = (
    "treated incubated infected stimulated supplemented coated doped stained loaded injected"
    " immunized immunised inoculated transfected vaccinated"
)
"""Participles with which `with` names what acts: `cells were treated with A`."""
_SECOND_ACTS = re.compile(
    rf"\b{_BE}(?: \w+){{0,3}}? (?:\w+(?:ed|en|wn|nt|ne|lt|ght|pt)|led|made|found|put|set|cut"
    rf"|built|fed|held|kept|met|seen|hit|read|bound)(?: \w+ly)? by{_TO_THE_NAME}"
    r"|\b(?:caused|driven|induced|produced|followed|governed|mediated|triggered|proposed|introduced"
    r"|given|developed|influenced|affected|regulated|controlled|inhibited|suppressed|obtained"
    r"|generated|explained|determined|enabled|supported|generali[sz]ed|reduced|increased|modulated"
    r"|limited|activated|stimulated|prevented|formed|created|written|discovered|received|used"
    rf"|performed|carried out|constituted|described) by{_TO_THE_NAME}"
    rf"|\b(?:{TREATED_WITH.replace(' ', '|')}) with{_TO_THE_NAME}"
    r"|\b(?:because of|due to|owing to|thanks to|attribut\w+ to|ascrib\w+ to"
    r"|(?:result|consequence|outcome|product) of|caused?(?: mainly| partly)? by"
    r"|result(?:s|ed|ing)? from|aris(?:es|ing|e) from|stem(?:s|med|ming)? from"
    rf"|originat\w+ (?:from|in)|comes? from|follows? from){_TO_THE_NAME}"
    r"|\bbecause\b",
    re.IGNORECASE,
)
"""Words between two names by which the second acts on the first."""
_PASSIVE_WITH_MEANS = re.compile(
    rf"\b{_BE}(?: \w+)*? \w+(?:ed|en|wn|nt|ne|lt|ght|pt)\b[^,;]*\b(?:using|by means of"
    rf"|with the (?:help|aid|use) of|through the use of){_TO_THE_NAME}",
    re.IGNORECASE,
)
"""Words between two names by which the second is the means: `B was measured using A`."""
_ACTION_OF = re.compile(
    r"\b[a-z]+(?:tion|sion|ment|sis|ance|ence|ing|al|ake|age) of(?: the| an?| this)?\s*$",
    re.IGNORECASE,
)
"""A noun of action before the first name: `inhibition of`."""
_BY_THE_NAME = re.compile(
    rf"^[^,;]*\b(?:by|through|via|under|with|using){_TO_THE_NAME}", re.IGNORECASE
)
_EFFECT_OF = re.compile(
    r"\b(?:effects?|influence|impact|role|action|contribution|importance|benefits?|advantages?"
    r"|application|use) of(?: the| an?| this)?\s*$",
    re.IGNORECASE,
)
_ON_THE_NAME = re.compile(rf"^[^,;]*\b(?:on|upon|in|to|for){_TO_THE_NAME}", re.IGNORECASE)
_WHICH_IT = re.compile(r"(?P<before>.*),? (?:which|that|whom)(?: the| an?)?\s*$", re.DOTALL)
"""Words between an object and the subject of its relative clause: `B, which A reduces`."""
_INDUCED = re.compile(
    r"^\s?[-\u2010\u2011](?:induced|mediated|driven|triggered|dependent|based|catalysed|catalyzed"
    r"|stimulated|activated|controlled)\b",
    re.IGNORECASE,
)
"""`A-induced B`: the first name acts."""
_BOTH_WAYS = re.compile(
    r"\b(?:depend\w*|rel(?:y|ies|ied|ying) (?:up)?on"
    r"|between|similar(?:ly)?|equal|equivalent|same|correlat\w+|associat\w+|compar\w+|versus|vs"
    r"|relat\w+|link\w*|interact\w*|coexist\w*|differ\w*|alternative\w*|connect\w+"
    r"|sensitiv\w+ to|respon\w+ to|subject to|exposed to)\b",
    re.IGNORECASE,
)
"""Words that relate names without a direction, or whose direction people read both ways."""
_CONDITION = re.compile(
    rf"\b(?:as|when|whenever|where|if|once|since|after|while)(?: the| an?)?{_TO_THE_NAME}",
    re.IGNORECASE,
)
"""Words before a second name that may be the subject of a clause: `A melts as B rises`."""
_MEANS = re.compile(
    rf"\b(?:based (?:up)?on|using|uses?|by|via|through|with|from|after|under){_TO_THE_NAME}",
    re.IGNORECASE,
)
"""Words after which the second name may be the means of the first, or its object."""
_ACTS_ON = re.compile(rf"\b(?:for|to|in|into|on|during|as){_TO_THE_NAME}", re.IGNORECASE)


class Frame(NamedTuple):
    """Two names and the words around them, as they stand in a text."""

    before: str
    first: str
    between: str
    second: str
    after: str


def frame(text: str, first: tuple[int, int], second: tuple[int, int]) -> Frame:
    """Return two names of a text, given by their offsets, with the words around them."""
    return Frame(
        text[max(0, first[0] - MAX_BEFORE) : first[0]],
        text[slice(*first)],
        text[first[1] : second[0]],
        text[slice(*second)],
        text[second[1] : second[1] + MAX_AFTER],
    )


def direction(words: Frame) -> int:
    """Return how the words around two names relate them.

    Returns:
        1: the first acts on the second, -1: the second acts on the first, 0: neither is clear.
    """
    between = words.between
    if _INDUCED.match(between):
        return 1
    if _SECOND_ACTS.search(between) or _PASSIVE_WITH_MEANS.search(between):
        return -1
    relative = _WHICH_IT.match(between)
    if (
        relative is not None
        and not has_verb(f"{words.first}{relative['before']}")
        and opens_with_verb(words.after, after_name=words.second)
    ):
        return -1
    action = _ACTION_OF.search(words.before)
    if action is not None and _BY_THE_NAME.match(between):
        return 0 if _BOTH_WAYS.search(action.group()) else -1
    if _EFFECT_OF.search(words.before) and _ON_THE_NAME.match(between):
        return 1
    if _BOTH_WAYS.search(between) or _MEANS.search(between):
        return 0
    if _CONDITION.search(between) and has_verb(f"{words.second} {words.after}"):
        return 0
    return 1 if content(between) or _ACTS_ON.search(between) else 0


def direction_in(sense: Sense, words: Frame) -> int:
    """Return how the words around two names relate them in a known sense.

    Returns:
        1: the first is what the description starts from, -1: the second is, 0: neither is clear.
    """
    if sense.head_is_general:
        shorter = _general(words.first, words.second)
        if shorter:
            return shorter
    weight = _weight_between(sense, words.between) + sum(
        cue.weight
        for cues, part in (
            (sense.before, words.before),
            (sense.first, words.first),
            (sense.second, words.second),
            (sense.after, words.after),
        )
        for cue in cues
        if cue.words.search(part)
    )
    return (weight >= CERTAIN) - (weight <= -CERTAIN)


def _weight_between(sense: Sense, between: str) -> float:
    found = [(match, cue) for cue in sense.between if (match := _last(cue, between)) is not None]
    strong = [match for match, cue in found if abs(cue.weight) >= _STRONG]
    if not sense.last_decides or not strong:
        return sum(cue.weight for _, cue in found)
    decisive = max(strong, key=lambda match: (match.end(), match.start())).start()
    return sum(
        cue.weight * (_EARLIER if abs(cue.weight) >= _STRONG and match.end() < decisive else 1)
        for match, cue in found
    )


def _last(cue: Cue, text: str) -> re.Match[str] | None:
    found = list(cue.words.finditer(text))
    return found[-1] if found else None


def _general(first: str, second: str) -> int:
    """Return 1 if the second name is the last words of the first, -1 for the reverse, else 0."""
    one, other = first.casefold().rstrip("s"), second.casefold().rstrip("s")
    return int(one.endswith((f" {other}", f"-{other}"))) - int(
        other.endswith((f" {one}", f"-{one}"))
    )
