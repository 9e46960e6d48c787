"""Three relations that a text can word both ways, and the words that tell which way it does.

`A is used for B` may stand in a text as `B using A`, `A is part of B` as `B consists of A`, `A is a
kind of B` as `Bs such as A`. Each cue has a weight: positive if the name that stands first in the
text is what the description starts from. Weights were set by hand on one half of SciERC's
development sentences and measured on the other (`benchmarks/truth.py`). How they are added up is
decided in `direction`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Cue(NamedTuple):
    """Words that speak for one direction.

    Attributes:
        words: What is looked for.
        weight: How much it says; positive if the first name is the one that is used, part or kind.
    """

    words: re.Pattern[str]
    weight: float


class Sense(NamedTuple):
    """A relation that can be worded both ways.

    Attributes:
        said: How a description states it.
        before: Cues in the words before the first name.
        first: Cues in the first name.
        between: Cues in the words between the names.
        second: Cues in the second name.
        after: Cues in the words after the second name.
        last_decides: Whether the strong cue next to the second name outweighs earlier ones, as in
            `a model for parsing based on B`.
        head_is_general: Whether of two names, one of which ends in the other, the shorter is what
            the longer belongs to: `deep learning` is a kind of `learning`.
    """

    said: re.Pattern[str]
    before: Sequence[Cue]
    first: Sequence[Cue]
    between: Sequence[Cue]
    second: Sequence[Cue]
    after: Sequence[Cue] = ()
    last_decides: bool = True
    head_is_general: bool = False


def _cues(*cues: tuple[str, float]) -> tuple[Cue, ...]:
    return tuple(Cue(re.compile(words, re.IGNORECASE), weight) for words, weight in cues)


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words)})", re.IGNORECASE)


_ARTICLES = r"(?:(?:the|a|an|our|its|such|several|many|various|new|novel|robust|better) )*"
_TO_NAME = rf"\b {_ARTICLES}\W*$"
_FROM_NAME = r"^\s*(?:\([^)]*\)\s*)?"
_ACTIVITY = (
    r"(?:[ts]ion|ing|ment|sis|retrieval|tasks?|problems?|applications?|systems?|performance)$"
)
"""Ends of names of what is done."""
_MEANS = (
    r"(?:models?|methods?|algorithms?|approach(?:es)?|techniques?|frameworks?|networks?|features?"
    r"|classifiers?|procedures?|strateg(?:y|ies)|schemes?|rules?|tools?|kernels?|descriptors?"
    r"|functions?|constraints?|knowledge|statistics|cues|lexicons?|grammars?|information"
    r"|representations?|corpus|corpora|data|measures?)$"
)
"""Ends of names of what it is done with."""
_PURPOSE_VERBS = (
    r"\b(?:generat|produc|extract|estimat|detect|solv|improv|handl|captur|perform|comput|predict"
    r"|deriv|resolv|address|outperform|enabl|support|facilitat|help|determin|learn|identif"
    r"|recogni[sz]|classif|segment|reduc|construct|yield|recover|reconstruct|allow|provid|attain"
    r"|achiev|translat|pars|maximi|minimi|optimi|transform|rank|boost|benefit|tackl|analy[sz])"
    r"(?:e|es|ed|s|ies|y|ing|ze|zes|zed|zing)?\b(?! (?:by|from|with|using|through))"
)
_WHOLE = r"(?:systems?|networks?|framework|architectures?|models?|pipeline|corpus)$"
_PIECE = r"(?:layers?|modules?|components?|blocks?|features?|weights?|parameters?|units?)$"
_GENERAL = (
    r"(?:applications?|tasks?|methods?|techniques?|models?|algorithms?|features?|problems?|datasets?"
    r"|languages?|propert(?:y|ies)|cues|measures?|systems?|domains?|components?|metrics?)$"
)

USED_FOR = Sense(
    said=_any(r"\bused? (?:for|in|to|by)\b", r"\bapplied to\b"),
    before=_cues(
        (rf"\b(?:for|in|of|to|problem of|task of|improv\w+|achiev\w+|solv\w+|address\w*){_TO_NAME}",
         -0.6),
        (rf"\b(?:us(?:e|es|ing|ed)|apply\w*|via|propos\w+|present\w*|introduc\w+|develop\w*"
         rf"|design\w*|describ\w+|employ\w*|by|with|based on){_TO_NAME}", 1),
    ),
    first=_cues((_ACTIVITY, -1.2), (_MEANS, 0.8)),
    between=_cues(
        (rf"\b(?:for|to){_TO_NAME}", 3),
        (r"\bfor\b", 1.5),
        (rf"{_FROM_NAME}to\b", 2),
        (rf"{_FROM_NAME}(?:for|towards?)\b", 3),
        (r"\bto [a-z]+\b", 1),
        (r"\b(?:is|are|was|were|been|be|being) (?:\w+ )?(?:used|applied|employed|exploited"
         r"|utili[sz]ed|adopted|designed|developed|proposed|suited|useful|effective|helpful"
         r"|introduced|evaluated|tested)\b(?!.* by\b)", 2),
        (_PURPOSE_VERBS, 1.5),
        (r"\b(?:that|which|to) (?:can |could |may |will |is able to |\w+ly )?(?:[a-z]+s|find|give"
         r"|model|represent)\b", 1.5),
        (r"\b(?:works?|perform\w*|effective|useful|success\w*|results?|good|tested|evaluated"
         r"|experiments|applied|applications?|available|used) (?:\w+ )?(?:on|in|for|to|at)\b", 1.5),
        (rf"(?<!based )\b(?:in|into|on|within|during){_TO_NAME}", 0.8),
        (r"-based\W*$", 2),
        (r"\bus(?:es|ed|e|ing)\b(?! (?:for|in|to|as)\b)|\bmak\w+ use of\b", -3),
        (rf"\bwith{_TO_NAME}", -1.5),
        (r"\b(?:via|through|by (?:means|way) of|in terms of|on top of|(?:in|within|under) the"
         r" framework of|with the help of|on the basis of|bas(?:ed|ing) (?:up)?on|inspired by"
         r"|driven by|powered by|built (?:on|upon|around|from|with|using)|learn\w* from"
         r"|trained (?:on|with|by|using|from)|derived from|extracted from"
         r"|(?:obtained|computed) (?:by|from|using)|(?:rel(?:y|ies|ying)|depend\w*) (?:up)?on)\b",
         -3),
        (rf"\bby (?:\w+ing |means |simply )?{_ARTICLES}(?:\w+ )?\W*$", -2),
        (r"\bby\b", -1),
        (rf"\bfrom{_TO_NAME}", -2),
        (r"\b(?:employ|utili[sz]|adopt|exploit|incorporat|leverag|integrat|combin|requir|need|tak"
         r"|apply|applies|implement|involv|consider)\w*\b(?! (?:to|in|for)\b)", -1.5),
        (r"\b(?:as|to|into) (?:an?|one of|an? \w+) (?:\w+ )?\W*$", -1.5),
        (r"^\W*,\W*(?:the|an?|we|our|which|it)\b.*\b(?:use|apply|employ|propose|present|introduce"
         r"|adopt|develop)\b", -2.5),
    ),
    second=_cues((_ACTIVITY, 1.2), (_MEANS, -0.8)),
    after=_cues(
        (r"^\W*(?:tasks?|problems?|applications?|performance|accuracy)\b", 0.7),
        (r"^\W*(?:to|for|from)\b", -0.7),
    ),
)  # fmt: skip
PART_OF = Sense(
    said=_any(r"\b(?:part|component|element|member|feature|property) of\b", r"\bbelongs? to\b"),
    before=_cues(
        (rf"\b(?:components?|parts?|elements?|modules?|steps?) of{_TO_NAME}", -2),
        (rf"\b(?:by|with|using|adding|via){_TO_NAME}", 0.7),
    ),
    first=_cues((_WHOLE, -0.7), (_PIECE, 0.8)),
    between=_cues(
        (rf"{_FROM_NAME}(?:of|in|into|within|inside|from)\b(?! (?:its|their)\b)", 2.5),
        (rf"(?<!consist )(?<!consists )(?<!composed )(?<!made up )\b(?:of|in|into|within|inside)"
         rf"{_TO_NAME}", 2),
        (r"\b(?:embedded|incorporated|integrated|used|contained|included|applied|added|inserted)"
         r" (?:in|into|to|by|between)\b", 2),
        (r"\b(?:contain|includ|consist|compris|compos|incorporat|integrat|combin|embod|involv"
         r"|equipped|built|assembl|feature|adopt|employ|has|have|having|made up)\w*\b"
         r"(?! (?:in|into|to)\b)", -3),
        (r"\bus(?:es|ed|e|ing)\b(?! (?:in|for|to|as)\b)", -2.5),
        (rf"\b(?:with|via|based on|by|through) {_ARTICLES}(?:\w+ )?\W*$", -2.2),
        (r"\bwith\b", -1.5),
        (r"\b(?:its|their|whose|where)\b", -1.5),
        (r"'s?(?=\s|$)", -2.5),
        (r"[:(]", -1),
        (r",", -0.5),
    ),
    second=_cues((_WHOLE, 0.7), (_PIECE, -0.8)),
)  # fmt: skip
KIND_OF = Sense(
    said=_any(
        r"\b(?:is|are) (?:\w+ ){1,2}(?:kinds?|types?|forms?|sorts?|class|examples?|instances?)"
        r" of\b",
        r"\bis an?\b",
    ),
    before=_cues(
        (r"\b(?:two|three|four|five|six|several|various|many|different|multiple|other|both|[2-9])"
         r"(?: \w+){0,3}\W*$", -1.5),
        (r"[,:(]\W*$", 0.7),
    ),
    first=_cues((_GENERAL, -1.5)),
    between=_cues(
        (r"\b(?:is|are|was|were|be|being|becomes?)(?: also| thus| now| itself)? (?:an?|the|one of"
         r"|two|both|among|some|(?:types?|examples?) of)\b", 3),
        (r"\b(?:is|are|was|were) \w*\W*$", 2),
        (r"\b(?:and|or|as well as)(?: many| several| some| various)? (?:other|related|similar)\b",
         4),
        (r"\bas (?:an?|the|one of|our)\b", 2),
        (r",(?: which is)? (?:an?|one of|our|another) (?:\w+ )*\W*$", 2.2),
        (r"\ban? (?:\w+[ -]){0,3}$", 1.2),
        (r"\b(?:such as|including|includes?|like|namely|called|named|known as|termed|dubbed"
         r"|e ?\. ?g|i ?\. ?e|for example|especially|particularly|viz)\b", -4),
        (r"[:(]|--", -2),
        (r",", -2),
        (r"\bof\b", 0.8),
        (r"\bwhich (?:we|is) (?:call|called|named|define)", -4),
    ),
    second=_cues((_GENERAL, 0.7)),
    last_decides=False,
    head_is_general=True,
)  # fmt: skip
SENSES = (USED_FOR, PART_OF, KIND_OF)


MAX_SAID = 40
"""Most characters between two names that say no more than a known sense."""


def sense(between: str) -> Sense | None:
    """Return the sense in which the words between two names relate them, if it is a known one."""
    if len(between) > MAX_SAID:
        return None
    return next((one for one in SENSES if one.said.search(between)), None)
