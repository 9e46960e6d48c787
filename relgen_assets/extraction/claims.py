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
from relgen_assets.extraction.names import EMPTY_NOUNS
from relgen_assets.extraction.pairs import Pair, Span, in_one_list, neighbours, outermost, pairs
from relgen_assets.extraction.related import relates
from relgen_assets.extraction.senses import Sense, sense
from relgen_assets.extraction.verbs import has_verb, is_noun

_NEXT_WORD = re.compile(r"\s([a-z]+)\b")


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
            entity: outermost(
                span
                for one in called
                for span in grounded.mentions(one)
                if not _is_cut(one, description, span)
            )
            for entity, called in names.items()
        }
        whole = set(outermost(span for found in spans.values() for span in found))
        spans = {entity: [one for one in found if one in whole] for entity, found in spans.items()}
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
    def is_related(self) -> bool:
        """Whether the description relates the names by itself."""
        return self._pair is None or relates(self.description, self._pair.frame(self.description))

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
        direct = neighbours(found)
        if len(direct) < 2:
            return direct[0] if direct else None
        return max(
            direct, key=lambda pair: (self._direction_of(pair), has_verb(self._between(pair)))
        )


def _is_cut(name: str, text: str, span: Span) -> bool:
    """Return whether a word is only a part of what is named: `ion` of `ion traps`."""
    word = text[slice(*span)]
    if not (word.isalpha() and word[1:].islower()):
        return False
    following = _NEXT_WORD.match(text, span[1])
    if following is None:
        return False
    if following.group(1) == "of":
        return word.casefold() in EMPTY_NOUNS
    # `Network models use` does not name `networks`, whatever the next word can be besides a noun.
    is_modifier = name.endswith("s") and not word.endswith("s")
    return is_noun(following.group(1)) or (is_modifier and following.group(1).endswith("s"))


def _is_predicate(description: str) -> bool:
    """Return whether a description names nothing: a bare predicate such as "inhibits"."""
    words = description.split()
    return (
        len(words) <= statements.MAX_PREDICATE_WORDS
        and not any(word[:1].isupper() for word in words[1:])
        and not (words[0][:1].isupper() and len(words) > 2)
    )


def _meet(some: Iterable[Span], others: Sequence[Span]) -> bool:
    return any(span in others for span in some)
