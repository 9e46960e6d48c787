"""Whether offsets tell the truth: what stands there is the name, or evidence, that they claim.

The rows of a table or dataset are judged by their own text, not by the code that made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from relgen_assets.export.examples import FullExample
from relgen_assets.extraction.identity import identity
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Extraction,
    Relation,
    RelationEvidence,
    Span,
    ValidatedExtraction,
)


def verdicts_off_their_texts(
    chunks: Iterable[Chunk], validated: Iterable[ValidatedExtraction]
) -> list[str]:
    """List what verdicts claim of the texts of their chunks and what is not there."""
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return [
        f"{row.chunk_id}: {fault}"
        for row in validated
        if row.extraction is not None
        for fault in _faults(
            row.extraction, row.grounding, row.evidence, texts.get(row.chunk_id, "")
        )
    ]


def rows_off_their_texts(full: Iterable[FullExample]) -> list[str]:
    """List what rows of the config `full` claim of their texts and what is not there."""
    found: list[str] = []
    for row in full:
        extraction = Extraction(
            section_description=row.section_description,
            list_of_entities=row.list_of_entities,
            relations=row.relations,
        )
        faults = _faults(extraction, row.grounding, row.evidence, row.chunk)
        found += [f"{row.chunk_id}: {fault}" for fault in faults]
    return found


def _faults(
    extraction: Extraction,
    grounding: Sequence[EntityGrounding],
    evidence: Sequence[RelationEvidence],
    text: str,
) -> Iterator[str]:
    if [one.name for one in grounding] != extraction.list_of_entities:
        yield "the grounded names are not those of the list"
    if len(evidence) != len(extraction.relations):
        yield f"{len(extraction.relations)} relations, but evidence for {len(evidence)}"
        return
    for entity in grounding:
        yield from _faults_of_entity(entity, text)
    for relation, one in zip(extraction.relations, evidence, strict=True):
        yield from _faults_of_evidence(relation, one, text)


def _faults_of_entity(entity: EntityGrounding, text: str) -> Iterator[str]:
    """Yield mentions that name something else, and a status that the mentions contradict.

    A name is spelled as one of its mentions, up to white space.
    """
    spelled = {_at(mention, text) for mention in entity.mentions}
    for mention in entity.mentions:
        if not _points_at_words(mention, text) or identity(_at(mention, text)) != identity(
            entity.name
        ):
            yield f"{entity.name!r} does not stand at {mention.start} to {mention.end}"
    if (entity.status == "absent") == bool(entity.mentions):
        yield f"{entity.name!r} is {entity.status}, with {len(entity.mentions)} mentions"
    elif entity.mentions and " ".join(entity.name.split()) not in spelled:
        yield f"{entity.name!r} is spelled otherwise in the text"


def _faults_of_evidence(relation: Relation, one: RelationEvidence, text: str) -> Iterator[str]:
    for sentence in one.sentences:
        if not _points_at_words(sentence, text):
            yield f"no sentence stands at {sentence.start} to {sentence.end}"
    if one.fault is None and not one.sentences:
        yield f"{relation.description!r} has no evidence and no fault"
    if not 0 <= one.support <= 1:
        yield f"{relation.description!r} has a support of {one.support}"


def _points_at_words(span: Span, text: str) -> bool:
    """Return whether a span is a part of the text that neither begins nor ends with white space."""
    if not 0 <= span.start < span.end <= len(text):
        return False
    part = text[span.start : span.end]
    return part == part.strip()


def _at(span: Span, text: str) -> str:
    return " ".join(text[span.start : span.end].split())
