"""Loops across the items of an answer: relations or names that differ in nothing but a number.

A loop inside one string is found by `cleaning.runs_in_a_loop`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from relgen_assets.extraction.draft import Draft, DraftRelation
from relgen_assets.extraction.identity import identity

FEWEST_RELATIONS: Final = 4
"""Fewest relations that differ in numbers only and are a loop: three doses may be three facts."""
FEWEST_NAMES: Final = 8
"""Fewest names that can be called a loop."""
LOOP_SHARE: Final = 0.5
"""Share of distinct names below which a list is a loop; of relations in a loop above which an
answer is one."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def numbered_repeats(relations: Sequence[DraftRelation]) -> frozenset[int]:
    """Return the places of the relations that say the same of the same with other numbers.

    Relations that are equal, numbers included, are duplicates and no matter of this module.
    """
    keys = [
        (_masked(one.description), _names(one.source_entities), _names(one.target_entities))
        for one in relations
    ]
    said: dict[object, set[str]] = {}
    for key, one in zip(keys, relations, strict=True):
        said.setdefault(key, set()).add(one.description.casefold())
    return frozenset(at for at, key in enumerate(keys) if len(said[key]) >= FEWEST_RELATIONS)


def is_loop(draft: Draft) -> bool:
    """Return whether most of an answer repeats itself, numbers aside."""
    keys = [
        (
            _masked(one.description),
            _masked(" ".join(one.source_entities)),
            _masked(" ".join(one.target_entities)),
        )
        for one in draft.relations
    ]
    counts = Counter(keys)
    looping = sum(count for count in counts.values() if count >= FEWEST_RELATIONS)
    if looping and looping >= LOOP_SHARE * len(keys):
        return True
    names = {_masked(name) for name in draft.entities}
    return len(draft.entities) >= FEWEST_NAMES and len(names) < LOOP_SHARE * len(draft.entities)


def _masked(text: str) -> str:
    return _NUMBER.sub("#", text.casefold())


def _names(names: Sequence[str]) -> frozenset[str]:
    return frozenset(map(identity, names))
