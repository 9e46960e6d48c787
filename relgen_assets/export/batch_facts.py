"""What became of a whole batch, also of what gave no row: counts for the footer of its first shard.

The card gives the yield from these, without a look at the tables. A batch without any row has no
shard, and does not count.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from relgen_assets.evaluation.agreement import Dimension, shared_texts
from relgen_assets.evaluation.agreement_counts import agreement_counts
from relgen_assets.rows.models import Chunk, Paper, RawExtraction, Summary, ValidatedExtraction

_NO_REASON: Final = "no reason given"
_CHARACTERS: Final = 8


class BatchFacts(BaseModel):
    """Counts over a batch.

    Attributes:
        chunks: Chunks of its usable articles.
        accepted: Chunks with a usable answer, by verdict.
        left_out: Usable answers that state no relation and do not stand in the dataset.
        unusable: Articles that could not be used, by reason.
        rejected: Chunks whose answer was rejected, by reason.
        unanswered: Chunks without an answer, by reason.
        servers: Answers to summaries and extractions, by server: a hash of its name, which
            is not published.
        teacher_prompt_tokens: Tokens of the prompts of those answers, as servers counted them.
        teacher_answer_tokens: Tokens of those answers.
        agreement: What answers about neighbouring chunks say alike (`agreement_counts`); servers
            as in `servers`.
        compared: Examples that were compared with an evaluation set, by its file.
    """

    chunks: int = 0
    accepted: dict[str, int] = {}
    left_out: int = 0
    unusable: dict[str, int] = {}
    rejected: dict[str, int] = {}
    unanswered: dict[str, int] = {}
    servers: dict[str, int] = {}
    teacher_prompt_tokens: int = 0
    teacher_answer_tokens: int = 0
    agreement: dict[str, int] = {}
    compared: dict[str, int] = {}


def batch_facts(
    papers: Sequence[Paper],
    chunks: Sequence[Chunk],
    summaries: Sequence[Summary],
    raw: Sequence[RawExtraction],
    validated: Sequence[ValidatedExtraction],
) -> BatchFacts:
    """Count what became of a batch, from its tables; what is left out is not known there."""
    answered = {row.chunk_id for row in raw if row.status == "completed"}
    without = [row for row in validated if row.verdict == "rejected"]
    completed = [row for row in (*summaries, *raw) if row.status == "completed"]
    return BatchFacts(
        chunks=len(chunks),
        accepted=Counter(row.verdict for row in validated if row.verdict != "rejected"),
        unusable=Counter(row.reason or _NO_REASON for row in papers if row.status == "unusable"),
        rejected=Counter(row.reason or _NO_REASON for row in without if row.chunk_id in answered),
        unanswered=Counter(
            row.reason or _NO_REASON for row in without if row.chunk_id not in answered
        ),
        servers=Counter(hidden(row.endpoint) for row in completed),
        teacher_prompt_tokens=sum(row.prompt_tokens for row in completed),
        teacher_answer_tokens=sum(row.completion_tokens for row in completed),
        agreement=agreement_counts(shared_texts(chunks, raw, validated), shown=_shown),
    )


def batch_part(facts: BatchFacts) -> BatchFacts:
    """Return the counts over the batch alone, of facts that hold more."""
    return BatchFacts(**facts.model_dump(include=set(BatchFacts.model_fields)))


def _shown(dimension: Dimension, value: str) -> str:
    return hidden(value) if dimension == "endpoint" else value


def hidden(name: str) -> str:
    """Return what stands for the name of a server where others read it."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_CHARACTERS]
