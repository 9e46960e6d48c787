"""Agreement of overlaps: what two answers say of the text that both were shown.

Neighbouring chunks share text, so what their answers say of it is measured twice, at no cost. Let
an answer name each of the things that a text says with a probability, its *recall*, independently
of the other answer, and let a share of what it says be true, its *truth*; what it makes up, the
other answer does not make up as well. Then the other answer repeats an item with probability

    agreement = truth of the one * recall of the other

This is the capture-recapture model of Lincoln (1930) and Petersen (1896) with false captures. From
answers of one kind only the product can be told, not its factors: both lie between it and 1. With
several kinds, `separation` tells the factors relative to each other.

What agreement does not see: names that the text does not have, since the rules have dropped them;
what both answers get wrong alike; and that some things are easier to see than others, which makes
it larger than recall.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.rows.models import Chunk, RawExtraction, Span, ValidatedExtraction

Dimension = Literal["model", "endpoint", "prompt", "mode"]
Kind = Literal["names", "relations"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_ENDS: Final = re.compile(r"[.!?][\"')\]”’]*\s*$")  # noqa: RUF001 (closing quotation marks)


class Maker(NamedTuple):
    """What made an answer."""

    model: str
    endpoint: str
    prompt: str
    mode: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of a shared text.

    Attributes:
        maker: What made the answer.
        names: The names in it, by identity.
        relations: The pairs of names that it relates, by identity.
    """

    maker: Maker
    names: frozenset[str]
    relations: frozenset[tuple[str, str]]

    def items(self, kind: Kind) -> frozenset[object]:
        """Return its names, or its relations."""
        return frozenset(self.names if kind == "names" else self.relations)


@dataclass(frozen=True, slots=True)
class Shared:
    """A text that two answers were shown, and what each says of it.

    Attributes:
        paper_id: Its article.
        earlier: What the answer about the earlier chunk says.
        later: What the answer about the later chunk says.
    """

    paper_id: str
    earlier: Said
    later: Said

    @property
    def sides(self) -> tuple[tuple[Said, Said], tuple[Said, Said]]:
        """Each answer with the other."""
        return (self.earlier, self.later), (self.later, self.earlier)


def shared_texts(
    chunks: Iterable[Chunk],
    raw: Iterable[RawExtraction],
    validated: Iterable[ValidatedExtraction],
) -> list[Shared]:
    """Return the shared texts of neighbouring chunks that both have a usable answer.

    Only whole sentences count that lie in the overlap; a name with a mention in them, a relation
    with evidence in them.
    """
    makers = {row.chunk_id: _maker(row) for row in raw if row.status == "completed"}
    usable = {row.chunk_id: row for row in validated if row.extraction is not None}
    return [
        Shared(
            later.paper_id,
            _said(makers[earlier.chunk_id], usable[earlier.chunk_id], region, earlier.start),
            _said(makers[later.chunk_id], usable[later.chunk_id], region, later.start),
        )
        for earlier, later in _neighbours(chunks)
        if {earlier.chunk_id, later.chunk_id} <= makers.keys() & usable.keys()
        and (region := _whole_sentences(earlier, later)) is not None
    ]


def _neighbours(chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Chunk]]:
    by_place = {(one.paper_id, one.index): one for one in chunks}
    for (paper_id, index), later in by_place.items():
        earlier = by_place.get((paper_id, index - 1))
        if earlier is not None and later.start < earlier.end:
            yield earlier, later


def _whole_sentences(earlier: Chunk, later: Chunk) -> tuple[int, int] | None:
    """Return where the whole sentences of an overlap stand in the article; `None` without any."""
    text = later.text[: earlier.end - later.start]
    spans = sentence_spans(text)
    before = earlier.text[: later.start - earlier.start]
    if spans and before and not _ENDS.search(before):
        spans = spans[1:]
    if spans and not _ENDS.search(text):
        spans = spans[:-1]
    return (later.start + spans[0][0], later.start + spans[-1][1]) if spans else None


def _said(maker: Maker, row: ValidatedExtraction, region: tuple[int, int], offset: int) -> Said:
    """Return what an answer says of a region of the article; its chunk begins at `offset`."""

    def inside(spans: Sequence[Span]) -> bool:
        start, end = region[0] - offset, region[1] - offset
        return any(start <= one.start and one.end <= end for one in spans)

    relations = row.extraction.relations if row.extraction is not None else []
    return Said(
        maker,
        frozenset(identity(name.name) for name in row.grounding if inside(name.mentions)),
        frozenset(
            (identity(source), identity(target))
            for relation, found in zip(relations, row.evidence, strict=True)
            if found.fault is None and inside(found.sentences)
            for source in relation.source_entities
            for target in relation.target_entities
        ),
    )


def _maker(row: RawExtraction) -> Maker:
    return Maker(row.model, row.endpoint, row.prompt_version, row.mode)
