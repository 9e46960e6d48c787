"""A few whole chunks as Markdown metadata: accepted and rejected ones, with entities in bold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dagster as dg

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.integrity.chunk_story import ChunkStory, stories
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.orchestration.assets.plain_markdown import plain, quoted
from relgen_assets.rows.models import Chunk, RawExtraction, RelationEvidence, ValidatedExtraction

_REJECTED = 2
"""Rejected chunks that are shown, each with another reason."""


def story_preview(
    batch: str,
    chunks: Iterable[Chunk],
    raw: Iterable[RawExtraction],
    verdicts: Iterable[ValidatedExtraction],
    policy: JudgingPolicy,
) -> dg.MarkdownMetadataValue:
    """Return the first valid, the first repaired and the first rejected chunks of a batch.

    Args:
        batch: Partition key of the batch.
        chunks: Its chunks.
        raw: The raw answers.
        verdicts: The verdicts on them.
        policy: How answers are judged.
    """
    chosen: dict[str, ChunkStory] = {}
    rejected: dict[str, ChunkStory] = {}
    for story in stories(batch, chunks, (), (), raw, verdicts, policy):
        if story.is_usable:
            chosen.setdefault(story.standing, story)
        elif story.verdict is not None and len(rejected) < _REJECTED:
            rejected.setdefault(str(story.verdict.reason), story)
    shown = map(_as_markdown, (*chosen.values(), *rejected.values()))
    more = f"All chunks, with prompts: **relgen show {plain(batch)}**"
    return dg.MetadataValue.md("\n\n---\n\n".join([*shown, more]))


def _as_markdown(story: ChunkStory) -> str:
    parts = [
        f"**{plain(story.chunk.chunk_id)}** {plain(story.standing)}",
        quoted(_marked(story)),
        "\n".join(f"- {item}" for item in _items(story)),
    ]
    if not story.is_usable and story.raw is not None and story.raw.text.strip():
        parts += ["Raw answer:", quoted(plain(story.raw.text))]
    return "\n\n".join(part for part in parts if part)


def _marked(story: ChunkStory) -> str:
    """Return the text of a chunk with its entities in bold."""
    source, at, parts = story.chunk.text, 0, list[str]()
    for place in story.places:
        name = " ".join(source[place.start : place.end].split())
        parts += [plain(source[at : place.start]), f"**{plain(name)}**"]
        at = place.end
    return "".join([*parts, plain(source[at:])])


def _items(story: ChunkStory) -> Iterator[str]:
    """Yield relations, repairs and the reason, one line each."""
    unused = "" if story.is_usable else " *(not used)*"
    for one, evidence in zip(story.relations, story.evidence, strict=True):
        sides = f"{', '.join(one.source_entities)} -> {', '.join(one.target_entities)}"
        strength = f" ({one.strength})" if one.strength else ""
        stated = f" ({_line(_said(evidence))})" if evidence is not None else ""
        yield f"**{_line(sides)}** {_line(one.description + strength)}{unused}{stated}"
    if story.verdict is not None:
        for code in story.verdict.repairs:
            yield f"repair {_line(f'{code}: {meaning(code)}')}"
        if reason := story.verdict.reason:
            yield f"reason {_line(f'{reason}: {meaning(reason)}')}"


def _said(one: RelationEvidence) -> str:
    """Return what the text says to a relation, in a few words."""
    return f"marked: {one.fault}" if one.fault else f"{one.polarity}, support {one.support:.0%}"


def _line(text: str) -> str:
    return plain(" ".join(text.split()))
