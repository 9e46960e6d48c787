"""Evidence: which sentences of a text state a relation, and whether they say what it says.

A relation is supported if its description names both sides, if one sentence of the text (or two in
a row) holds both, if the words of the description are words of that sentence, if neither denies
what the other says, and if source and target stand in the direction that is stated. These are rules
over words: they catch what is made up, not what is subtle.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from typing import NamedTuple

from relgen_assets.extraction import statements
from relgen_assets.extraction.aliases import aliases
from relgen_assets.extraction.contradiction import contradict
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.sentences import sentence_spans

Span = tuple[int, int]

MIN_SUPPORT = 0.6
"""Share of a description's words that have to be in the sentence that states the relation."""
MIN_SUPPORT_OF_TWO = 0.8
"""The same where it takes two sentences to name both sides."""
MAX_GAP = 50
"""Most characters between two names whose words tell the direction of another wording."""


class Fault(StrEnum):
    """Why a text does not support a relation."""

    SIDE_NOT_NAMED = "side_not_named"
    """The description does not name a source and a target."""
    NOT_TOGETHER = "not_together"
    """No sentence holds a source and a target."""
    NOT_STATED = "not_stated"
    """The sentences that hold both say something else."""
    OPPOSITE = "opposite"
    """The text denies what the description says, or the reverse."""
    REVERSED = "reversed"
    """The text states the other direction."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a text says to a relation.

    Attributes:
        fault: Why the relation is not supported; `None` if it is.
        sources: The sources that the description names.
        targets: The targets that the description names.
        evidence: The sentences that state the relation, as offsets of the text, end exclusive.
        support: Share of the description's words that these sentences hold, 0 to 1.
        is_directed: Whether the description says which side acts on the other.
        is_denied: The polarity: whether the description denies the relation, as the text does.
    """

    fault: Fault | None
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = ()
    support: float = 0.0
    is_directed: bool = False
    is_denied: bool = False


class EvidenceText:
    """A text prepared for looking up what it says.

    Args:
        text: The text, in full; offsets refer to it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.grounded = GroundedText(text)
        self._mentions: dict[str, list[Span]] = {}
        self._aliases: dict[str, list[str]] = {}

    def examine(self, description: str, sources: Sequence[str], targets: Sequence[str]) -> Finding:
        """Return what the text says to a relation.

        Args:
            description: What relates the entities.
            sources: Entities it starts from, as the text spells them.
            targets: Entities it points to, likewise.
        """
        names = {name: (name, *self._aliases_of(name)) for name in (*sources, *targets)}
        said = _Statement(description, sources, targets, names)
        if not said.sources or not said.targets:
            return Finding(Fault.SIDE_NOT_NAMED)
        best: Finding | None = None
        for place in self._places(said):
            found = self._judge(said, place)
            if found.fault is None:
                return found
            if best is None or found.support > best.support:
                best = found
        return best or Finding(Fault.NOT_TOGETHER, said.sources, said.targets)

    def central_sentence(self, names: Iterable[str], limit: int) -> str:
        """Return the sentence of up to `limit` characters that holds most names; may be empty."""
        found = [self._mentions_of(name) for name in names]
        best, most = "", 0
        for start, end in self._sentences:
            held = sum(any(start <= at < end for at, _ in mentions) for mentions in found)
            if held > most and end - start <= limit:
                best, most = " ".join(self._text[start:end].split()), held
        return best

    @property
    def sentences(self) -> list[str]:
        """The sentences of the text, single-spaced."""
        return [" ".join(self._text[start:end].split()) for start, end in self._sentences]

    def completed(self, beginning: str, limit: int) -> str:
        """Return the sentence, of up to `limit` characters, that begins like that; may be empty.

        The last word of the beginning may be cut off.
        """
        known = beginning.rsplit(None, 1)[0]
        for start, end in self._sentences:
            sentence = " ".join(self._text[start:end].split())
            if len(sentence) <= limit and sentence.startswith(known):
                return sentence
        return ""

    def shares_script(self, description: str) -> bool:
        """Return whether every letter of a description is of a script that the text uses."""
        return all(_script(letter) in self._scripts for letter in description if letter.isalpha())

    @cached_property
    def _scripts(self) -> frozenset[str]:
        return frozenset(_script(letter) for letter in set(self._text) if letter.isalpha())

    def _places(self, said: _Statement) -> Iterator[_Place]:
        """Yield the sentences, then the pairs of sentences, that name a source and a target."""
        singles = [self._place(said, (number,)) for number in range(len(self._sentences))]
        yield from sorted(
            (place for place in singles if place.holds_both), key=lambda place: -place.support
        )
        for number in range(len(singles) - 1):
            if not (singles[number].holds_both or singles[number + 1].holds_both):
                pair = self._place(said, (number, number + 1))
                if pair.holds_both and _refers_back(self._text, self._sentences[number + 1]):
                    yield pair

    def _place(self, said: _Statement, numbers: tuple[int, ...]) -> _Place:
        start, end = self._sentences[numbers[0]][0], self._sentences[numbers[-1]][1]
        return _Place(
            self._text[start:end],
            tuple(self._sentences[number] for number in numbers),
            said,
            list(self._inside(said.sources, start, end)),
            list(self._inside(said.targets, start, end)),
        )

    def _inside(self, names: Iterable[str], start: int, end: int) -> Iterator[Span]:
        """Yield where names stand in a range of the text, relative to its start."""
        for name in names:
            for first, last in self._mentions_of(name):
                if start <= first and last <= end:
                    yield first - start, last - start

    def _mentions_of(self, name: str) -> list[Span]:
        """Return where an entity is named, by any of its names."""
        if name not in self._mentions:
            every = {
                span
                for one in (name, *self._aliases_of(name))
                for span in self.grounded.mentions(one)
            }
            self._mentions[name] = sorted(every)
        return self._mentions[name]

    def _aliases_of(self, name: str) -> list[str]:
        if name not in self._aliases:
            self._aliases[name] = aliases(self._text, self.grounded, name)
        return self._aliases[name]

    @cached_property
    def _sentences(self) -> list[Span]:
        return sentence_spans(self._text)

    def _judge(self, said: _Statement, place: _Place) -> Finding:
        least = MIN_SUPPORT if len(place.sentences) == 1 else MIN_SUPPORT_OF_TWO
        fault: Fault | None = None
        if place.support < least:
            fault = Fault.NOT_STATED
        elif contradict(said.description, place.text):
            fault = Fault.OPPOSITE
        elif _reversed(said, place):
            fault = Fault.REVERSED
        return Finding(
            fault,
            tuple(name for name in said.sources if self._is_in(name, place)),
            tuple(name for name in said.targets if self._is_in(name, place)),
            place.sentences,
            place.support,
            is_directed=said.direction != 0,
            is_denied=bool(statements.negations(said.description)),
        )

    def _is_in(self, name: str, place: _Place) -> bool:
        start, end = place.sentences[0][0], place.sentences[-1][1]
        return any(start <= first and last <= end for first, last in self._mentions_of(name))


class _Statement:
    """The description of a relation, with what it names.

    Args:
        description: What relates the entities.
        sources: Entities it starts from.
        targets: Entities it points to.
        names: What each of them may be called, itself included.
    """

    def __init__(
        self,
        description: str,
        sources: Sequence[str],
        targets: Sequence[str],
        names: Mapping[str, Sequence[str]],
    ) -> None:
        self.description = description
        grounded = GroundedText(description)
        spans = {
            entity: sorted({span for one in called for span in grounded.mentions(one)})
            for entity, called in names.items()
        }
        every_source = [span for name in sources for span in spans[name]]
        every_target = [span for name in targets for span in spans[name]]
        pairs = _pairs(every_source, every_target)
        nearest = min(pairs, key=lambda pair: pair.end - pair.start, default=None)
        self.nearest = nearest
        self.sources: tuple[str, ...] = ()
        self.targets: tuple[str, ...] = ()
        self.source_spans: tuple[Span, ...] = ()
        self.target_spans: tuple[Span, ...] = ()
        if nearest is not None:
            self.source_spans = _in_one_list(description, nearest.source, every_source)
            self.target_spans = _in_one_list(description, nearest.target, every_target)
            self.sources = tuple(n for n in sources if _meet(spans[n], self.source_spans))
            self.targets = tuple(n for n in targets if _meet(spans[n], self.target_spans))
        elif not every_source and not every_target and _is_predicate(description):
            self.sources, self.targets = tuple(sources), tuple(targets)
        named = [*every_source, *every_target]
        self.stems = {
            token.stem
            for token in statements.content(description)
            if not any(start <= token.start < end for start, end in named)
        }

    @cached_property
    def sense(self) -> statements.Sense | None:
        """The known sense in which the description relates its names, if there is one."""
        return statements.sense(self.description)

    @cached_property
    def direction(self) -> int:
        """1 if it says that the source acts on the target, -1 for the reverse, 0 if unclear."""
        if self.nearest is None:
            return 0
        if self.sense is not None:  # starts from the name that is said first: `A is used for B`
            return self.nearest.sign
        between = self.description[self.nearest.start : self.nearest.end]
        return self.nearest.sign * statements.direction(between)


class _Place:
    """One or two sentences that may state a relation."""

    def __init__(
        self,
        text: str,
        sentences: tuple[Span, ...],
        said: _Statement,
        source_spans: list[Span],
        target_spans: list[Span],
    ) -> None:
        self.text = text
        self.sentences = sentences
        self.source_spans = source_spans
        self.target_spans = target_spans
        self._said = said

    @property
    def holds_both(self) -> bool:
        """Whether a source and a target are named, apart from each other."""
        return _apart(self.source_spans, self.target_spans)

    @cached_property
    def support(self) -> float:
        """Share of the description's words that are here."""
        if not self._said.stems:
            return 1.0
        here = {token.stem for token in statements.content(self.text)}
        return len(self._said.stems & here) / len(self._said.stems)


def _script(letter: str) -> str:
    """Return the script of a letter: the first word of its name, such as LATIN or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _apart(some: Iterable[Span], others: Sequence[Span]) -> bool:
    """Return whether some span lies outside one of the others."""
    return any(end <= first or last <= start for start, end in some for first, last in others)


def _refers_back(text: str, sentence: Span) -> bool:
    """Return whether a sentence begins with a word that points to the one before."""
    return statements.BACK_REFERENCE.match(text, *sentence) is not None


def _is_predicate(description: str) -> bool:
    """Return whether a description names nothing: a bare predicate such as "inhibits"."""
    words = description.split()
    return (
        len(words) <= statements.MAX_PREDICATE_WORDS
        and not any(word[:1].isupper() for word in words[1:])
        and not (words[0][:1].isupper() and len(words) > 2)
    )


def _reversed(said: _Statement, place: _Place) -> bool:
    """Return whether the sentence, or the description itself, states the other direction."""
    sense = said.sense
    direction = statements.direction if sense is None else partial(statements.direction_in, sense)
    in_text = {
        pair.sign * direction(place.text[pair.start : pair.end])
        if sense is None or pair.end - pair.start <= MAX_GAP
        else 0
        for pair in _pairs(place.source_spans, place.target_spans)
    }
    return said.direction == -1 or (said.direction == 1 and in_text == {-1})


class _Pair(NamedTuple):
    """A source and a target, and the stretch between them.

    Attributes:
        sign: 1 if the source stands first, else -1.
    """

    source: Span
    target: Span
    start: int
    end: int
    sign: int


def _pairs(sources: Sequence[Span], targets: Sequence[Span]) -> list[_Pair]:
    return [
        _Pair(source, target, source[1], target[0], 1)
        if source[1] <= target[0]
        else _Pair(source, target, target[1], source[0], -1)
        for source in sources
        for target in targets
        if source[1] <= target[0] or target[1] <= source[0]
    ]


def _in_one_list(text: str, anchor: Span, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans that are listed together with one of them: "A, B and the C"."""
    listed = [anchor]
    for span in sorted(spans, key=lambda span: abs(span[0] - anchor[0])):
        if span not in listed and any(_listed(text, span, other) for other in listed):
            listed.append(span)
    return tuple(listed)


def _listed(text: str, one: Span, other: Span) -> bool:
    first, second = sorted((one, other))
    if first[1] > second[0]:
        return False
    return statements.COORDINATION.fullmatch(text, first[1], second[0]) is not None


def _meet(some: Iterable[Span], others: Sequence[Span]) -> bool:
    return any(span in others for span in some)
