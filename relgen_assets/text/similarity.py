"""Near duplicates: texts that share most of their wording, such as a preprint and its publication.

A text is represented by the MinHash of its word triples: the share of values that two signatures
have in common estimates the Jaccard similarity of their sets of triples (Broder, "On the
resemblance and containment of documents", 1997). Candidates are found by locality-sensitive hashing
over bands of the signature, so that no text is compared with every other. What follows from a
duplicate belongs to those who ask.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rensa import RMinHash

VALUES: Final = 64
"""Length of a signature; the standard error of the estimated similarity is at most 0.0625."""
SEED: Final = 1
"""Fixed, so that signatures of different runs can be compared."""
NEAR: Final = 0.5
"""Similarity from which two texts count as versions of one. Unrelated articles stay below 0.1; one
in which every twentieth word was replaced is at 0.6."""
FEWEST_WORDS: Final = 30
"""Shorter texts share triples by chance; they have no signature."""
_BAND: Final = 2
"""Values in a band. With 32 bands of 2, a pair at similarity 0.5 is missed once in 10,000 times."""

_MOST_COMPARED: Final = 50
"""Texts with the same band that a text is compared with, so that boilerplate stays cheap."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_MASK = re.compile(r"@x\w+")

Signature = Sequence[int]


def signature(text: str) -> list[int]:
    """Return the signature of a text; empty if it has too few words.

    Case, numbers, punctuation, line breaks and the masks of formulas and citations do not count.
    """
    words = _WORD.findall(_MASK.sub(" ", text.casefold()))
    if len(words) < FEWEST_WORDS:
        return []
    sketch = RMinHash(num_perm=VALUES, seed=SEED)
    sketch.update([" ".join(triple) for triple in zip(words, words[1:], words[2:], strict=False)])
    return [int(value) for value in sketch.digest()]


def similarity(one: Signature, other: Signature) -> float:
    """Return the estimated similarity of two texts, 0 to 1; 0 if one has no signature."""
    if not one or not other:
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def near_duplicates(signatures: Mapping[str, Signature], least: float = NEAR) -> list[list[str]]:
    """Return the groups of texts that are versions of one, each with two texts or more.

    A group holds everything that is linked by pairs of near duplicates. Groups and their members
    are sorted, whatever the order of the texts.

    Args:
        signatures: The signature of every text, by its name.
        least: Similarity from which two texts are near duplicates, 0 to 1.
    """
    leader = {name: name for name in signatures}

    def lead(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for places in _bands(signatures).values():
        for number, name in enumerate(places):
            for other in places[max(0, number - _MOST_COMPARED) : number]:
                first, second = sorted((lead(name), lead(other)))
                if first != second and similarity(signatures[name], signatures[other]) >= least:
                    leader[second] = first
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(signatures):
        groups[lead(name)].append(name)
    return sorted(group for group in groups.values() if len(group) > 1)


def _bands(signatures: Mapping[str, Signature]) -> dict[tuple[int, ...], list[str]]:
    """Return the texts that share a band, by the place and the values of the band."""
    found: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for name in sorted(signatures):
        values = signatures[name]
        for start in range(0, len(values), _BAND):
            found[start, *values[start : start + _BAND]].append(name)
    return {band: names for band, names in found.items() if len(names) > 1}
