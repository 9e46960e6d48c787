"""The story of a chunk as JSON, for scripts: what `relgen show` and `relgen try` print."""

from __future__ import annotations

from typing import Any

from relgen_assets.integrity.chunk_story import ChunkStory
from relgen_assets.integrity.code_meanings import meaning

_ANSWER = (
    *("status", "text", "finish_reason", "model", "endpoint", "prompt_tokens"),
    *("completion_tokens", "seconds", "attempt", "key", "mode", "candidates", "prompt_version"),
)
"""Columns of `raw_extractions` in the document, beside the messages."""


def story_document(story: ChunkStory, *, prompt: bool = False) -> dict[str, Any]:
    """Return a story as a JSON object; what is not known yet is null.

    Args:
        story: The story.
        prompt: Whether to include the messages that were sent.
    """
    chunk, row, verdict = story.chunk, story.raw, story.verdict
    answer: dict[str, Any] | None = None
    if row is not None:
        answer = row.model_dump(include={*_ANSWER, *(("messages",) if prompt else ())})
    return {
        "chunk_id": chunk.chunk_id,
        "paper_id": chunk.paper_id,
        "batch": story.batch,
        "title": story.title,
        "index": chunk.index,
        "start": chunk.start,
        "end": chunk.end,
        "tokens": chunk.tokens,
        "text": chunk.text,
        "summary": story.summary.text if story.summary is not None else None,
        "standing": story.standing,
        "verdict_is_stored": story.stored,
        "reason": _code(verdict.reason) if verdict is not None and verdict.reason else None,
        "repairs": [_code(code) for code in verdict.repairs] if verdict is not None else [],
        "extraction": (
            verdict.extraction.model_dump()
            if verdict is not None and verdict.extraction is not None
            else None
        ),
        "entities": story.entities,
        "absent_entities": story.absent,
        "places": [place._asdict() for place in story.places],
        "answer": answer,
    }


def _code(code: str) -> dict[str, str]:
    return {"code": code, "meaning": meaning(code)}
