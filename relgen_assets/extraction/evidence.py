"""Evidence: which sentences of a text state a relation, and whether they say what it says.

A relation is supported if its description names both sides and relates them, if one sentence of the
text (or two in a row) holds both, if the words of the description are words of that sentence, if
neither denies what the other says, and if source and target stand in the direction that is stated.
These are rules over words: they catch what is made up, not what is subtle.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from relgen_assets.extraction.aliases import aliases
from relgen_assets.extraction.claims import Claim
from relgen_assets.extraction.contradiction import contradict, is_only_supposed
from relgen_assets.extraction.direction import direction, direction_in
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.pairs import Pair, Span, neighbours, outermost, pairs
from relgen_assets.extraction.passages import Passage, Passages
from relgen_assets.extraction.quoted_evidence import QuotableText
from relgen_assets.extraction.related import begins_clause

MIN_SUPPORT = 0.6
"""Share of a description's words that have to be in the sentence that states the relation."""
MIN_SUPPORT_OF_TWO = 0.8
"""The same where it takes two sentences to name both sides."""


class Fault(StrEnum):
    """Why a text does not support a relation."""

    SIDE_NOT_NAMED = "side_not_named"
    """The description does not name a source and a target."""
    NOT_RELATED = "not_related"
    """The description names both and does not relate them by itself."""
    NOT_TOGETHER = "not_together"
    """No sentence holds a source and a target."""
    NOT_STATED = "not_stated"
    """The sentences that hold both say something else."""
    OPPOSITE = "opposite"
    """The text denies what the description says, or the reverse."""
    REVERSED = "reversed"
    """The text states the other direction."""
    DENIED = "denied"
    """A second opinion says that the sentences do not state it."""


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
        self._passages = Passages(text)
        self._mentions: dict[str, list[Span]] = {}
        self._aliases: dict[str, list[str]] = {}

    def examine(
        self,
        description: str,
        sources: Sequence[str],
        targets: Sequence[str],
        quoted: frozenset[Span] = frozenset(),
    ) -> Finding:
        """Return what the text says to a relation.

        Args:
            description: What relates the entities.
            sources: Entities it starts from, as the text spells them.
            targets: Entities it points to, likewise.
            quoted: The sentences that are said to state it. They are the evidence if they do. What
                is found is the same with and without a quote, and so is the verdict on the result.
        """
        names = {name: (name, *self._aliases_of(name)) for name in (*sources, *targets)}
        claim = Claim(description, sources, targets, names)
        if not claim.sources or not claim.targets:
            return Finding(Fault.SIDE_NOT_NAMED)
        if not claim.is_related:
            return Finding(Fault.NOT_RELATED, claim.sources, claim.targets)
        at_source = [span for name in claim.sources for span in self._mentions_of(name)]
        at_target = [span for name in claim.targets for span in self._mentions_of(name)]
        findings: list[Finding] = []
        for place in self._passages.holding(at_source, at_target):
            found = pairs(place.inside(at_source), place.inside(at_target))
            if found:
                findings.append(self._judge(claim, place, found))
        if not findings:
            return Finding(Fault.NOT_TOGETHER, claim.sources, claim.targets)
        best = max(findings, key=_weight)
        return next(self._as_quoted(findings, best, quoted), best)

    def sentences_of(self, quote: str) -> frozenset[Span]:
        """Return the sentences that a quote stands in; none if it is not in the text."""
        return self._quotable.sentences_of(quote)

    def central_sentence(self, names: Iterable[str], limit: int) -> str:
        """Return the sentence of up to `limit` characters that holds most names; may be empty."""
        found = [self._mentions_of(name) for name in names]
        best, most = "", 0
        for sentence in self._passages.sentences:
            start, end = sentence.start, sentence.end
            held = sum(any(start <= at < end for at, _ in mentions) for mentions in found)
            if held > most and end - start <= limit:
                best, most = " ".join(sentence.text.split()), held
        return best

    @property
    def sentences(self) -> list[str]:
        """The sentences of the text, single-spaced."""
        return [" ".join(sentence.text.split()) for sentence in self._passages.sentences]

    def completed(self, beginning: str, limit: int) -> str:
        """Return the sentence, of up to `limit` characters, that begins like that; may be empty.

        The last word of the beginning may be cut off.
        """
        known = beginning.rsplit(None, 1)[0]
        for sentence in self.sentences:
            if len(sentence) <= limit and sentence.startswith(known):
                return sentence
        return ""

    def shares_script(self, description: str) -> bool:
        """Return whether every letter of a description is of a script that the text uses."""
        return all(_script(letter) in self._scripts for letter in description if letter.isalpha())

    @cached_property
    def _scripts(self) -> frozenset[str]:
        return frozenset(_script(letter) for letter in set(self._text) if letter.isalpha())

    def _mentions_of(self, name: str) -> list[Span]:
        """Return where an entity is named, by any of its names."""
        if name not in self._mentions:
            self._mentions[name] = outermost(
                span
                for one in (name, *self._aliases_of(name))
                for span in self.grounded.mentions(one)
            )
        return self._mentions[name]

    def _aliases_of(self, name: str) -> list[str]:
        if name not in self._aliases:
            self._aliases[name] = aliases(self._text, self.grounded, name)
        return self._aliases[name]

    @cached_property
    def _quotable(self) -> QuotableText:
        spans = [span for passage in self._passages.sentences for span in passage.sentences]
        return QuotableText(self._text, spans)

    @staticmethod
    def _as_quoted(
        findings: Sequence[Finding], best: Finding, quoted: frozenset[Span]
    ) -> Iterator[Finding]:
        """Yield what says the same as the best finding, by the sentences that are quoted."""
        for one in findings:
            same = (one.fault, one.sources, one.targets) == (None, best.sources, best.targets)
            if best.fault is None and same and quoted.issuperset(one.evidence):
                yield one

    def _judge(self, claim: Claim, place: Passage, found: Sequence[Pair]) -> Finding:
        least = MIN_SUPPORT if len(place.sentences) == 1 else MIN_SUPPORT_OF_TWO
        support = place.support(claim.stems)
        fault: Fault | None = None
        if (
            support < least
            or all(begins_clause(pair.frame(place.text)) for pair in neighbours(found))
            or is_only_supposed(claim.description, place.text)
        ):
            fault = Fault.NOT_STATED
        elif contradict(claim.description, place.text):
            fault = Fault.OPPOSITE
        elif _is_reversed(claim, place, found):
            fault = Fault.REVERSED
        return Finding(
            fault,
            tuple(name for name in claim.sources if place.inside(self._mentions_of(name))),
            tuple(name for name in claim.targets if place.inside(self._mentions_of(name))),
            place.sentences,
            support,
            is_directed=claim.direction != 0,
            is_denied=claim.is_denied,
        )


def _weight(finding: Finding) -> tuple[bool, float]:
    """Return what makes a finding the answer of a text: no fault, then the most support."""
    return finding.fault is None, finding.support


@lru_cache(maxsize=5_000)
def _script(letter: str) -> str:
    """Return the script of a letter: the first word of its name, such as LATIN or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_reversed(claim: Claim, place: Passage, found: Sequence[Pair]) -> bool:
    """Return whether a place, or the description itself, states the other direction."""
    if claim.direction != 1:
        return claim.direction == -1
    orders = {pair.sign * claim.order_of(place.text[slice(*pair.gap)]) for pair in found} - {0}
    if orders:  # the same words: only the order of the names counts
        return orders == {-1}
    if claim.sense is not None:
        # Of another wording, the names that stand nearest to each other tell the direction.
        nearest = found[0]
        return nearest.sign * direction_in(claim.sense, nearest.frame(place.text)) == -1
    return {pair.sign * direction(pair.frame(place.text)) for pair in found} == {-1}
