"""The invariants between the tables of a batch, as functions that list the violations.

Each function takes rows and returns a sentence for each violation. No Dagster, no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from relgen_assets.extraction import absent
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.second_opinion import claims
from relgen_assets.extraction.validation import judgement_of
from relgen_assets.rows.models import (
    SUMMARIES_OFF,
    Chunk,
    Paper,
    RawExtraction,
    Relation,
    SecondOpinion,
    Summary,
    ValidatedExtraction,
)


def unusable_articles(papers: Sequence[Paper]) -> list[str]:
    """List articles that cannot be used, with their reason."""
    return [f"{paper.paper_id}: {paper.reason}" for paper in papers if paper.status == "unusable"]


def papers_are_unique(papers: Sequence[Paper]) -> list[str]:
    """List ids that several usable articles share."""
    return _repeated("article", (p.paper_id for p in papers if p.status == "used"))


def chunks_match_articles(papers: Sequence[Paper], chunks: Sequence[Chunk]) -> list[str]:
    """List chunks whose text does not match their offsets, and gaps between chunks.

    Joined in order, without their overlaps, the chunks of an article must reproduce it from its
    first character; a limit on chunks may cut off its end.
    """
    articles = {paper.paper_id: paper.article for paper in papers}
    violations: list[str] = []
    position: dict[str, int] = {}
    for chunk in chunks:
        article = articles.get(chunk.paper_id)
        if article is None:
            violations.append(f"{chunk.chunk_id}: its article is not in the batch")
            continue
        if article[chunk.start : chunk.end] != chunk.text:
            violations.append(f"{chunk.chunk_id}: its text does not match its offsets")
        if chunk.start + chunk.overlap != position.get(chunk.paper_id, 0):
            violations.append(f"{chunk.chunk_id}: characters before it are missing or duplicated")
        position[chunk.paper_id] = chunk.end
    return violations


def articles_are_covered(
    papers: Sequence[Paper], chunks: Sequence[Chunk], *, limited: bool
) -> list[str]:
    """List usable articles that the chunks do not cover.

    Args:
        papers: The articles of a batch.
        chunks: All their chunks.
        limited: Whether a limit on chunks per article may cut the end.
    """
    ends: dict[str, int] = {}
    for chunk in chunks:
        ends[chunk.paper_id] = max(chunk.end, ends.get(chunk.paper_id, 0))
    violations: list[str] = []
    for paper in papers:
        if paper.status == "used":
            end = ends.get(paper.paper_id, 0)
            if end == 0 or (end < len(paper.article) and not limited):
                violations.append(
                    f"{paper.paper_id}: {len(paper.article) - end} characters are in no chunk"
                )
    return violations


def chunks_fit(chunks: Sequence[Chunk], tokens: int) -> list[str]:
    """List chunks with more than `tokens` tokens."""
    return [
        f"{chunk.chunk_id}: {chunk.tokens} tokens, limit {tokens}"
        for chunk in chunks
        if chunk.tokens > tokens
    ]


def one_summary_per_article(papers: Sequence[Paper], summaries: Sequence[Summary]) -> list[str]:
    """List usable articles without exactly one summary, and summaries of anything else."""
    wanted = (paper.paper_id for paper in papers if paper.status == "used")
    return _one_each("summary", wanted, (summary.paper_id for summary in summaries))


def summaries_are_complete(summaries: Sequence[Summary]) -> list[str]:
    """List summaries that were not generated, or have no text."""
    return [
        f"{row.paper_id}: {row.reason or 'blank'}"
        for row in summaries
        if row.reason != SUMMARIES_OFF and (row.status != "completed" or not row.text.strip())
    ]


def one_answer_per_chunk(chunks: Sequence[Chunk], raw: Sequence[RawExtraction]) -> list[str]:
    """List chunks without exactly one row of raw answers, and rows of anything else."""
    return _one_each("answer", (c.chunk_id for c in chunks), (row.chunk_id for row in raw))


def prompts_show_whole_chunk(chunks: Sequence[Chunk], raw: Sequence[RawExtraction]) -> list[str]:
    """List answers whose stored prompt does not contain the whole text of their chunk."""
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return [
        f"{row.chunk_id}: the prompt does not contain the whole chunk"
        for row in raw
        if row.status == "completed"
        and not any(texts.get(row.chunk_id, "\0") in message.content for message in row.messages)
    ]


def one_verdict_per_chunk(
    chunks: Sequence[Chunk], validated: Sequence[ValidatedExtraction]
) -> list[str]:
    """List chunks without exactly one verdict, and verdicts on anything else."""
    return _one_each("verdict", (c.chunk_id for c in chunks), (row.chunk_id for row in validated))


def verdicts_are_whole(validated: Sequence[ValidatedExtraction]) -> list[str]:
    """List verdicts that lack an extraction, a reason or a type, or have a superfluous one."""
    violations: list[str] = []
    for row in validated:
        rejected = row.verdict == "rejected"
        if rejected != (row.extraction is None):
            violations.append(f"{row.chunk_id}: {row.verdict}, extraction {row.extraction!r:.40}")
        if rejected != (row.reason is not None):
            violations.append(f"{row.chunk_id}: {row.verdict}, reason {row.reason}")
        kept = row.extraction
        if kept and kept.entity_types is not None:
            entities, types = len(kept.list_of_entities), len(kept.entity_types)
            if entities != types:
                violations.append(f"{row.chunk_id}: {entities} entities, but types for {types}")
    return violations


def relation_entities_are_listed(validated: Sequence[ValidatedExtraction]) -> list[str]:
    """List relations with an entity that is not in the list of entities."""
    return [
        f"{row.chunk_id}: {entity!r} is not in the list of entities"
        for row in validated
        if row.extraction is not None
        for relation in row.extraction.relations
        for entity in (*relation.source_entities, *relation.target_entities)
        if entity not in row.extraction.list_of_entities
    ]


def entities_are_grounded(
    chunks: Sequence[Chunk], validated: Sequence[ValidatedExtraction]
) -> list[str]:
    """List entities that do not occur in the text of their chunk and are not marked as absent."""
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return [
        f"{row.chunk_id}: {entity!r} does not occur in the text"
        for row in validated
        if row.extraction is not None
        for entity in absent(row.extraction.list_of_entities, texts.get(row.chunk_id, ""))
        if entity not in {one.name for one in row.grounding if one.status == "absent"}
    ]


def opinions_match_relations(
    chunks: Sequence[Chunk],
    raw: Sequence[RawExtraction],
    opinions: Sequence[SecondOpinion],
    policy: JudgingPolicy,
) -> list[str]:
    """List kept relations without exactly one opinion, and opinions on anything else."""
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    asked = [
        _named(row.chunk_id, claim.relation)
        for row in raw
        if row.status == "completed" and row.chunk_id in texts
        for claim in claims(judgement_of(row, texts[row.chunk_id], policy), texts[row.chunk_id])
    ]
    return _one_each("opinion", asked, (_named(one.chunk_id, one.relation) for one in opinions))


def opinions_are_of_their_chunk(
    chunks: Sequence[Chunk], opinions: Sequence[SecondOpinion]
) -> list[str]:
    """List opinions on a passage that is not of their chunk, or that was not shown."""
    texts = {chunk.chunk_id: " ".join(chunk.text.split()) for chunk in chunks}
    found: list[str] = []
    for one in opinions:
        named = _named(one.chunk_id, one.relation)
        if one.passage not in texts.get(one.chunk_id, ""):
            found.append(f"{named}: its passage is not of the chunk")
        if one.messages and one.passage not in one.messages[-1].content:
            found.append(f"{named}: its prompt does not hold the passage")
    return found


def missing_opinions(opinions: Sequence[SecondOpinion]) -> list[str]:
    """List relations without a usable opinion, with the reason; the rules alone decide on them."""
    return [
        f"{_named(one.chunk_id, one.relation)}: {one.reason or 'unusable answer'}"
        for one in opinions
        if one.opinion == "none"
    ]


def _named(chunk_id: str, relation: Relation) -> str:
    sides = (", ".join(side) for side in (relation.source_entities, relation.target_entities))
    return f"{chunk_id}: {' -> '.join(sides)}: {relation.description}"


def rejected_chunks(validated: Sequence[ValidatedExtraction]) -> list[str]:
    """List rejected chunks, with their reason."""
    return [f"{row.chunk_id}: {row.reason}" for row in validated if row.verdict == "rejected"]


def _one_each(what: str, wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    subjects, counts = set(wanted), Counter(found)
    return [
        *(f"{subject}: no {what}" for subject in sorted(subjects - counts.keys())),
        *(f"{subject}: {what} without subject" for subject in sorted(counts.keys() - subjects)),
        *_repeated(what, counts.elements()),
    ]


def _repeated(what: str, ids: Iterable[Hashable]) -> list[str]:
    return [
        f"{key}: {what} occurs {count} times" for key, count in Counter(ids).items() if count > 1
    ]
