"""Subject, verb and object of a plain sentence, where its grammar is beyond doubt.

Only one kind of sentence is read: a noun phrase, a verb in the active or passive voice, perhaps
with a preposition, and another noun phrase or a list of them. Whatever is more involved is left
alone: what is read here is offered to small models as true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from relgen_assets.extraction.cleaning import word_set
from relgen_assets.extraction.direction import TREATED_WITH
from relgen_assets.extraction.names import EMPTY_NOUNS, is_name
from relgen_assets.extraction.pairs import Span
from relgen_assets.extraction.statements import negations
from relgen_assets.extraction.verbs import can_be_verb, finite_verb, tags

MAX_NAME_WORDS = 5
_TOKEN = re.compile(r"[^\W_]+(?:[-\u2010-\u2013'\u2019.][^\W_]+)*\+?|[^\w\s]")
_IN_NAME = frozenset({"NN", "NNS", "NNP", "NNPS", "JJ", "VBN", "VBG", "FW"})
_NOUN = frozenset({"NN", "NNS", "NNP", "NNPS", "FW"})
_AUXILIARIES = word_set(
    """is are was were be been being has have had can could may might must shall should will would
    do does did"""
)
_MODALS = word_set("can could may might must shall should will would")
_BE = word_set("is are was were be been being")
_DETERMINERS = word_set("a an the most many some several all both each every")
_POINTING = word_set(
    "this that these those its their our his her it they such other another one any"
)
_OF_NO_WEIGHT = word_set(
    """able additional available best better certain clear common current different due early few
    fine first further general good great greater high higher highest important large larger
    largest last late least less likely little long longer low lower lowest main major many
    minor more most much multiple new old other overall own particular possible present
    previous rapid recent same second several short shorter similar simple single slow small
    smaller smallest strong stronger successful total typical various weak weaker whole young"""
)
"""Adjectives that do not belong to a name."""
_PREPOSITIONS = word_set(
    "of in into on onto to from with for as through at inside within along by upon over across via"
)
_GOES_ON = frozenset({"of", "-", "/", "%", "'", "\u2019", "\u2018", "\u201c", '"'})
"""What follows a noun phrase that is not complete."""
_JOINS_OBJECTS = word_set("and or ,")
_ENDS_CLAUSE = frozenset(",;:.()")
_COMES_FROM = word_set(
    """arise arises arose come comes came derive derives derived originate originates originated
    result results resulted stem stems stemmed"""
)
"""Verbs that with `from` name what acts last."""
_HAS_TWO_OBJECTS = word_set("give gives gave grant grants granted lend lends lent")
"""Verbs whose first object is not what is given: "gives the star time"."""
_STATES_NOTHING = word_set(
    """let see note recall consider considered assume suppose show shows shown given denote denotes
    denoted describe describes described discuss discusses discussed present presents presented
    report reports reported summarize summarized summarised listed defined performed conducted
    illustrated displayed depicted called named based"""
)
"""Verbs by which a text speaks of itself."""


class Clause(NamedTuple):
    """Two names that a verb relates.

    Attributes:
        source: Where the one that acts stands, as offsets of the sentence, end exclusive.
        target: Where the other one stands.
    """

    source: Span
    target: Span


class _Token(NamedTuple):
    word: str
    tag: str
    start: int
    end: int


def clauses(sentence: str) -> list[Clause]:
    """Return what a sentence states of its subject, one clause for each object; may be empty."""
    tokens = _tokens(sentence)
    verb = finite_verb([(token.word, token.tag) for token in tokens])
    if verb is None or verb == 0:
        return []
    subject = _name(tokens[:verb])
    after, is_passive = _after_verb(tokens, verb)
    words = {token.word.casefold() for token in tokens[verb:after]}
    if subject is None or words & (_STATES_NOTHING | _HAS_TWO_OBJECTS):
        return []
    if negations(sentence[tokens[verb].start : tokens[min(after, len(tokens) - 1)].end]):
        return []
    by = tokens[after].word.casefold() if after < len(tokens) else ""
    if by in _PREPOSITIONS:
        is_participle = not words & _AUXILIARIES and tokens[verb].tag in {"VBD", "VBN"}
        if is_participle and _begins_clause(tokens, after + 1):
            return []  # "Material dredged from the star enriches the gas"
        after += 1
        if by == "to" and any(can_be_verb(token.word) for token in tokens[after : after + 2]):
            return []  # "were asked to report costs"
    comes_from = by == "from" and bool(words & _COMES_FROM)
    is_treated = by == "with" and not words.isdisjoint(TREATED_WITH.split())
    turned = (is_passive and (by == "by" or is_treated)) or comes_from
    return [
        Clause(found, subject) if turned else Clause(subject, found)
        for found in _objects(tokens, after)
    ]


def _tokens(sentence: str) -> list[_Token]:
    found = list(_TOKEN.finditer(sentence))
    tagged = tags([match.group() for match in found])
    return [
        _Token(match.group(), tag, match.start(), match.end())
        for match, (_, tag) in zip(found, tagged, strict=True)
    ]


def _after_verb(tokens: Sequence[_Token], verb: int) -> tuple[int, bool]:
    """Return where the words of the verb end, and whether it is in the passive voice."""
    at, is_be, has_main = verb, False, False
    while at < len(tokens):
        word, tag = tokens[at].word.casefold(), tokens[at].tag
        if word in _AUXILIARIES:
            is_be = word in _BE
        elif tag == "RB":
            pass
        elif at == verb or (not has_main and _is_main(tokens, at, is_be=is_be)):
            has_main = True
        else:
            break
        at += 1
    return at, is_be and has_main


def _is_main(tokens: Sequence[_Token], at: int, *, is_be: bool) -> bool:
    """Return whether a word after an auxiliary is the verb itself, as in `can paste`."""
    if tokens[at].tag in {"VBN", "VBD", "VB"}:
        return True
    before = tokens[at - 1].word.casefold()
    return before in _MODALS and not is_be and tokens[at].tag in {"NN", "JJ", "VBP"}


def _objects(tokens: Sequence[_Token], start: int) -> Iterator[Span]:
    """Yield the names of a list that begins at a token: "A, B and C"."""
    while start < len(tokens):
        end = start
        while end < len(tokens) and _continues(tokens[end], is_first=end == start):
            end += 1
        span = _name(tokens[start:end])
        following = tokens[end].word.casefold() if end < len(tokens) else "."
        if span is None or following in _GOES_ON | _AUXILIARIES or following.isdigit():
            return  # "as the air has warmed": the name is a subject; "protein 2" is one name
        if (
            following == "and"
            and tokens[end - 1].tag == tokens[min(end + 1, len(tokens) - 1)].tag == "NNP"
        ):
            return  # "the Animal Care and Use Committee" is one name
        yield span
        if any(token.word == "of" for token in tokens[start:end]) or _begins_clause(
            tokens, end + 1
        ):
            return
        if following not in _JOINS_OBJECTS or tokens[start].tag == "CD":
            return  # what follows "two kinds of cells," says which
        start = end + 1
        if start < len(tokens) and tokens[start].word.casefold() in _JOINS_OBJECTS:
            start += 1
        if can_be_verb(tokens[min(start, len(tokens) - 1)].word) and any(
            _continues(token, is_first=True) for token in tokens[start + 1 : start + 2]
        ):
            return  # "can damage the algae and release toxins": a second verb with its object


def _begins_clause(tokens: Sequence[_Token], at: int) -> bool:
    """Return whether what follows a comma or conjunction goes on with a verb of its own."""
    rest = list(takewhile(lambda token: token.word not in _ENDS_CLAUSE, tokens[at : at + 10]))
    return finite_verb([(token.word, token.tag) for token in rest]) is not None


def _continues(token: _Token, *, is_first: bool) -> bool:
    word = token.word.casefold()
    if is_first and token.tag == "VBG":
        return False  # "was analysed using BEAST"
    return (
        token.tag in _IN_NAME
        or (word == "of" and not is_first)
        or word in _OF_NO_WEIGHT
        or token.tag == "CD"
        or (is_first and word in _DETERMINERS | _POINTING)
    )


def _name(tokens: Sequence[_Token]) -> Span | None:
    """Return the name that a noun phrase consists of, or `None` if it is not just a name."""
    if not tokens or tokens[0].word.casefold() in _POINTING:
        return None
    words = list(tokens)
    counted = False
    while words and (
        words[0].word.casefold() in _DETERMINERS | _OF_NO_WEIGHT or words[0].tag == "CD"
    ):
        if words[0].word[0].isdigit():
            return None  # a measure: "80 ml of buffer"
        counted = counted or words[0].tag == "CD"
        words = words[1:]
    if not 0 < len(words) <= MAX_NAME_WORDS or not _is_phrase(words):
        return None
    if len(words) == 1 and counted:
        return None
    name = " ".join(word.word for word in words)
    return (words[0].start, words[-1].end) if is_name(name) else None


def _is_phrase(words: Sequence[_Token]) -> bool:
    """Return whether words are a noun phrase, perhaps with another one after `of`."""
    of = next((number for number, word in enumerate(words) if word.word == "of"), len(words))
    parts = [words[:of], words[of + 1 :]] if of < len(words) else [words]
    return all(_is_simple(part) for part in parts) and all(
        right.start - left.end == 1 for left, right in pairwise(words)
    )


def _is_simple(words: Sequence[_Token]) -> bool:
    """Return whether words are modifiers and a noun that says what it is about."""
    if not words or words[-1].tag not in _NOUN or words[-1].word.endswith(("'s", "\u2019s")):
        return False
    if any(
        word.tag not in _IN_NAME or word.word[0].isdigit() or word.word == "using" for word in words
    ):
        return False
    has_noun = any(word.tag != "JJ" for word in words[:-1])
    return has_noun or words[-1].word.casefold() not in EMPTY_NOUNS
