"""What the description of a relation claims: which names it relates, and in which direction.

Of all names that an answer gives a relation, those count that its description relates: the source
and the target that a verb joins, or else the nearest two, and what is listed together with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from relgen_assets.extraction import statements
from relgen_assets.extraction.direction import direction
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.pairs import Pair, Span, in_one_list, pairs
from relgen_assets.extraction.senses import Sense, sense
from relgen_assets.extraction.verbs import has_verb

_NEW_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z])")
_NEW_CLAUSE = re.compile(
    r";|,? (?:whereas|while(?! (?:\w+ )?\w+ing\b)|but|although|though)\b", re.IGNORECASE
)
"""Words between two names that stand in statements of their own."""
_OWN_SUBJECT = re.compile(
    r"(?<!which )(?<!that )\b(?:they|it (?:is|was|has|can|could|may|might|would|will|does)"
    r"|(?:this|the present) (?:paper|article|study|work|section|chapter|review)) ",
    re.IGNORECASE,
)
"""Words between two names by which the second stands in a clause that is about something else."""
_ASKED = re.compile(r"\b(?:whether|questions? (?:of|is|arises?)|as if)\b", re.IGNORECASE)
"""Words by which a sentence leaves open what follows."""
MAX_UNCLEAR_WORDS = 8
"""Most words between two names whose direction is unclear; more are words about something else."""
_ABOUT_THE_DOCUMENT = re.compile(
    r"\b(?:aims?|goals?|purpose|focus|objectives?|subject|scope|rest|remainder|contributions?) of"
    r" (?:this|the|our)(?: present| current)? (?:paper|work|study|section|article|chapter|thesis)\b"
    r"|\bof interest (?:here|in this)\b",
    re.IGNORECASE,
)


class Claim:
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
        self.sources: tuple[str, ...] = ()
        self.targets: tuple[str, ...] = ()
        self._pair = self._related(pairs(every_source, every_target))
        if self._pair is not None:
            of_source = in_one_list(description, self._pair.source, every_source)
            of_target = in_one_list(description, self._pair.target, every_target)
            self.sources = tuple(name for name in sources if _meet(spans[name], of_source))
            self.targets = tuple(name for name in targets if _meet(spans[name], of_target))
        elif not every_source and not every_target and _is_predicate(description):
            self.sources, self.targets = tuple(sources), tuple(targets)
        named = [*every_source, *every_target]
        self.stems = frozenset(
            token.stem
            for token in statements.content(description)
            if not any(start <= token.start < end for start, end in named)
        )

    @cached_property
    def sense(self) -> Sense | None:
        """The known sense in which the description relates its names, if there is one."""
        return None if self._pair is None else sense(self._between(self._pair))

    @cached_property
    def direction(self) -> int:
        """1 if it says that the source acts on the target, -1 for the reverse, 0 if unclear."""
        return 0 if self._pair is None else self._direction_of(self._pair)

    @cached_property
    def is_denied(self) -> bool:
        """Whether the description denies what it is about."""
        return bool(statements.negations(self.description))

    @cached_property
    def stands_alone(self) -> bool:
        """Whether the names are related by words that say so without the sentences around.

        `These methods do not give access to A between B` does not relate A and B: its subject is
        not named, and no verb joins the two. Nor do two names that stand in statements of their
        own.
        """
        if self._pair is None:
            return True
        between = self._between(self._pair)
        if any(
            words.search(between) for words in (_NEW_SENTENCE, _NEW_CLAUSE, _OWN_SUBJECT)
        ) or _ASKED.search(self.description, 0, self._pair.gap[1]):
            return False
        if _ABOUT_THE_DOCUMENT.search(self.description):
            return False
        if self.direction == 0 and len(between.split()) > MAX_UNCLEAR_WORDS:
            return False
        points = statements.BACK_REFERENCE.match(self.description) is not None
        return not points or has_verb(between)

    def order_of(self, between: str) -> int:
        """Return the order in which the description has a source and a target with these words.

        Returns:
            1: source first, -1: target first, 0: other words are between them.
        """
        if self._pair is None or self._between(self._pair).split() != between.split():
            return 0
        return self._pair.sign

    def _between(self, pair: Pair) -> str:
        return self.description[slice(*pair.gap)]

    def _direction_of(self, pair: Pair) -> int:
        if sense(self._between(pair)) is not None:
            return pair.sign  # it starts from the name that is said first: `A is used for B`
        return pair.sign * direction(pair.frame(self.description))

    def _related(self, found: Sequence[Pair]) -> Pair | None:
        """Return the pair that is related best: in its direction, by a verb, and near."""
        named = [span for pair in found for span in (pair.source, pair.target)]
        direct = [pair for pair in found if not any(_lies_in(span, pair.gap) for span in named)]
        if len(direct) < 2:
            return direct[0] if direct else None
        return max(
            direct, key=lambda pair: (self._direction_of(pair), has_verb(self._between(pair)))
        )


def _is_predicate(description: str) -> bool:
    """Return whether a description names nothing: a bare predicate such as "inhibits"."""
    words = description.split()
    return (
        len(words) <= statements.MAX_PREDICATE_WORDS
        and not any(word[:1].isupper() for word in words[1:])
        and not (words[0][:1].isupper() and len(words) > 2)
    )


def _lies_in(span: Span, gap: Span) -> bool:
    return gap[0] <= span[0] and span[1] <= gap[1]


def _meet(some: Iterable[Span], others: Sequence[Span]) -> bool:
    return any(span in others for span in some)
