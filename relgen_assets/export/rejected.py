"""The answers that were rejected, each with its reason: rows of the config `rejected`.

They are no examples: they show what a model got wrong, for preferences or for audit.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    Mode,
    Paper,
    RawExtraction,
    TableRow,
    ValidatedExtraction,
)


class RejectedAnswer(TableRow):
    """One row of the config `rejected`: an answer that may not be learned."""

    paper_id: str = Field(description="Id of the article.")
    title: str = Field(description="Title of the article, empty where the source has none.")
    chunk_id: str = Field(description="Id of the chunk, unique in the dataset.")
    chunk: str = Field(description="The chunk of the article that was asked about.")
    reason: str = Field(description="Code of the reason why the answer was rejected.")
    answer: str = Field(description="The answer as the model wrote it.")
    finish_reason: str = Field(description="`stop`, or `length` if the answer was cut off.")
    attempt: int = Field(description="Content attempt the answer belongs to, from 1.")
    mode: Mode = Field(description="How decoding was constrained.")
    model: str = Field(description="Model that wrote the answer.")
    prompt_version: str = Field(description="Hash of the extraction prompt's template.")
    sent_messages: list[ChatMessage] = Field(description="The exact messages sent to the model.")


def rejected_answers(
    papers: Sequence[Paper],
    chunks: Sequence[Chunk],
    raw: Sequence[RawExtraction],
    validated: Sequence[ValidatedExtraction],
) -> list[RejectedAnswer]:
    """Return the rejected answers of a batch, in the order of the chunks.

    A chunk that no server answered has no answer to reject, and is not among them.

    Args:
        papers: The articles of the batch.
        chunks: All their chunks.
        raw: One answer per chunk.
        validated: One verdict per chunk.
    """
    titles = {paper.paper_id: paper.title for paper in papers if paper.status == "used"}
    answers = {row.chunk_id: row for row in raw if row.status == "completed"}
    reasons = {row.chunk_id: row.reason for row in validated if row.verdict == "rejected"}
    return [
        RejectedAnswer(
            paper_id=chunk.paper_id,
            title=titles[chunk.paper_id],
            chunk_id=chunk.chunk_id,
            chunk=chunk.text,
            reason=reasons[chunk.chunk_id] or "",
            answer=answer.text,
            finish_reason=answer.finish_reason,
            attempt=answer.attempt,
            mode=answer.mode,
            model=answer.model,
            prompt_version=answer.prompt_version,
            sent_messages=answer.messages,
        )
        for chunk in chunks
        if chunk.chunk_id in reasons and (answer := answers.get(chunk.chunk_id))
    ]
