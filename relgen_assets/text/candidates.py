"""Candidate terms of a chunk: the names an entity may have when a small model answers.

The terms are noun phrases, ranked by importance in the chunk. Parts of speech come from TextBlob's
English tagger, which ships its own lexicon and needs no download. Whether a name occurs in a text
is decided in `relgen_assets.extraction.grounding`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from relgen_assets.extraction.cleaning import word_set
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name

MAX_WORDS = 3
_TOKEN = re.compile(
    r"""@\w+                                             # a mask
      | [^\W_]+(?:[-\u2010-\u2013'\u2019][^\W_]+)*\+?    # a word: beta-carotene, Na+
      | [^\w\s] | \n                                     # punctuation; the end of a paragraph""",
    re.VERBOSE,
)
_ENDS_SENTENCE = frozenset(".?!;\n")
_NOUN = "NN"
_MODIFIERS = frozenset({"JJ", "VBN", "VBG"})
_PREFIXES = word_set(
    "non anti pre post quasi semi pseudo multi sub super ultra hyper inter intra self counter"
)
"""Prefixes that some texts write as words of their own: `non relativistic limit`. Without them, a
name may mean the opposite."""
_AFTER_VERB = frozenset({"DT", "PRP", "PRP$"})
# Words without meaning of their own. Openings are cut off; these nouns alone are not a term.
_EMPTY_OPENINGS = frozenset(
    re.findall(
        r"\w+",
        """such other many several same different various certain particular given new recent large
        small high low important main possible similar further following previous first second last
        own total overall whole general specific good better best early late long short common
        typical available present current additional above much more most less least few due likely
        able clear full single individual respective usual simple called using used""",
    )
)
_EMPTY_NOUNS = frozenset(
    re.findall(
        r"\w+",
        """number case example result paper section figure fig table ref refs eq equation value way
        thing fact use order part set kind type form work study article author data method approach
        problem question point time year day end term respect role basis aim purpose addition
        contrast conclusion level amount degree rate range size total group lot half difference
        change increase decrease effect analysis""",
    )
)


@dataclass(slots=True)
class _Phrase:
    """One noun phrase with all its occurrences in a chunk."""

    words: tuple[str, ...]
    first: int
    spellings: Counter[str] = field(default_factory=Counter[str])

    @property
    def count(self) -> int:
        return self.spellings.total()

    @property
    def spelling(self) -> str:
        """The most common spelling; ties: the one in lower case, as inside a sentence."""
        return max(self.spellings, key=lambda name: (self.spellings[name], name[:1].islower()))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    tag: str
    start: int
    end: int

    @property
    def is_noun(self) -> bool:
        return self.tag.startswith(_NOUN) and not self.is_prefix

    @property
    def is_prefix(self) -> bool:
        return self.text.casefold() in _PREFIXES


def candidate_terms(text: str, limit: int) -> list[str]:
    """Return up to `limit` terms as spelled in `text`, most important first.

    Terms are noun phrases of at most `MAX_WORDS` words, prefixes aside, without masks, bare numbers
    or function words. If terms share most of their words, only the most important one is kept. The
    result is deterministic.
    """
    phrases = _phrases(text)
    frequency: Counter[str] = Counter()
    for phrase in phrases:
        for word in phrase.words:
            frequency[word] += phrase.count
    length = max(len(text), 1)
    ranked = sorted(phrases, key=lambda phrase: (-_weight(phrase, frequency, length), phrase.first))
    grounded = GroundedText(text)
    terms: list[str] = []
    chosen: list[frozenset[str]] = []
    for phrase in ranked:
        if len(terms) >= limit:
            break
        words = frozenset(phrase.words)
        if any(words <= other or other <= words or len(words & other) > 1 for other in chosen):
            continue
        if grounded.ground(phrase.spelling) != phrase.spelling:
            continue  # the tagger cut a name at its sign: "A0" of "A0#"
        terms.append(phrase.spelling)
        chosen.append(words)
    return terms


def _weight(phrase: _Phrase, frequency: Counter[str], length: int) -> float:
    """Return the importance of a phrase: frequent, related, specific, early, or a proper name.

    Its words also count where they occur in other phrases, half as much for single words. Phrases
    of several words are more specific. A first occurrence at the end weighs a third less than one
    at the beginning.
    """
    shared = sum(frequency[word] - phrase.count for word in phrase.words) / len(phrase.words)
    several = len(phrase.words) > 1
    weight = phrase.count + shared * (0.5 if several else 0.25)
    weight *= 1.6 if several else 1.0
    weight *= 1.3 if any(letter.isupper() for letter in phrase.spelling[1:]) else 1.0
    return weight * (1.2 - 0.4 * phrase.first / length)


def _phrases(text: str) -> list[_Phrase]:
    found: dict[str, _Phrase] = {}
    for run in _runs(text):
        words = _trim(run)
        if not words:
            continue
        spelling = text[words[0].start : words[-1].end]
        if not is_name(spelling):
            continue
        keys = tuple(identity(word.text) for word in words)
        if keys[0] in _EMPTY_NOUNS and len(keys) == 1:
            continue
        phrase = found.setdefault("".join(keys), _Phrase(keys, words[0].start))
        phrase.spellings[spelling] += 1
    return list(found.values())


def _trim(run: list[_Word]) -> list[_Word]:
    """Return the part of a run that is a name: from a content word to the last noun."""
    while run and not run[-1].is_noun:
        run = run[:-1]
    cut = max(0, len(run) - MAX_WORDS)
    if cut and run[cut - 1].is_prefix:
        cut -= 1
    run = run[cut:]
    while run and (
        run[0].text.casefold() in _EMPTY_OPENINGS or (run[0].tag == "VBG" and len(run) > 1)
    ):
        run = run[1:]
    return run


def _runs(text: str) -> Iterator[list[_Word]]:
    """Yield maximal runs of nouns and modifiers with single spaces between them."""
    for sentence in _sentences(text):
        run: list[_Word] = []
        for word in sentence:
            fits = word.is_noun or word.is_prefix or word.tag in _MODIFIERS
            fits = fits and word.text[0].isalpha()
            if run and (not fits or word.start - run[-1].end != 1):
                # A noun right before "the" or "it" is a verb that the tagger took for a noun.
                is_verb = word.tag in _AFTER_VERB and len(run) > 1
                yield run[:-1] if is_verb else run
                run = []
            if fits:
                run.append(word)
        if run:
            yield run


def _sentences(text: str) -> Iterator[list[_Word]]:
    # Imported on use: the library takes half a second, and not every command needs it.
    from textblob.en import parser

    tokens: list[re.Match[str]] = []
    for match in (*_TOKEN.finditer(text), None):
        if match is not None and match.group() not in _ENDS_SENTENCE:
            tokens.append(match)
        elif tokens:
            tagged = parser.find_tags([token.group() for token in tokens])
            yield [
                _Word(token.group(), tag, token.start(), token.end())
                for token, (_, tag) in zip(tokens, tagged, strict=True)
            ]
            tokens = []
