"""Which chunks are worth asking about again, and how many attempts each is to be allowed.

A pure decision over stored rows: granting is the work of the ledger, asking that of the pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relgen_assets.extraction.verdicts import validate
from relgen_assets.models import Chunk, RawExtraction


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry of one batch asks.

    Attributes:
        attempts: Attempts in all, by chunk, for chunks whose answer was rejected.
        failed: Chunks that no server answered; they are asked again without a grant, since a
            failure is no attempt.
        exhausted: Rejected chunks that have had as many attempts as are allowed.
    """

    attempts: dict[str, int]
    failed: list[str]
    exhausted: list[str]

    @property
    def subjects(self) -> list[str]:
        """The chunks that are asked again."""
        return [*self.attempts, *self.failed]


def plan_retry(
    chunks: Iterable[Chunk], raw: Sequence[RawExtraction], *, further: int, limit: int
) -> RetryPlan:
    """Return what to ask again of a batch.

    The answers are judged here, by the rules as they are now, so a batch that was refused for its
    many rejections can be retried as well. Chunks that were refused before anything was sent are
    left alone: another attempt would change nothing.

    Args:
        chunks: The chunks of the batch.
        raw: The stored answers.
        further: Attempts to add to those that were made.
        limit: Most attempts in all.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    attempts: dict[str, int] = {}
    failed: list[str] = []
    exhausted: list[str] = []
    for row in raw:
        if row.status == "failed":
            failed.append(row.chunk_id)
        if row.status != "completed":
            continue
        if validate(row, texts.get(row.chunk_id, "")).verdict != "rejected":
            continue
        allowed = min(row.attempt + further, limit)
        if allowed > row.attempt:
            attempts[row.chunk_id] = allowed
        else:
            exhausted.append(row.chunk_id)
    return RetryPlan(attempts, failed, exhausted)
