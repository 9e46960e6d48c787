"""What is worth asking again, and how many attempts each subject is to be allowed.

A pure decision over stored rows: granting is the work of the ledger, asking that of the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from relgen_assets.generation.requests import NO_SUMMARY
from relgen_assets.rows.models import GeneratedRow, RawExtraction, Summary, ValidatedExtraction


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry of one batch asks of one kind of work.

    Attributes:
        attempts: Attempts in all, by subject, for subjects whose answer cannot be used.
        failed: Subjects that were never answered; they are asked again without a grant, since a
            failure is no attempt.
        exhausted: Subjects that have had as many attempts as are allowed.
    """

    attempts: dict[str, int] = field(default_factory=dict[str, int])
    failed: list[str] = field(default_factory=list[str])
    exhausted: list[str] = field(default_factory=list[str])

    @property
    def subjects(self) -> list[str]:
        """The subjects that are asked again."""
        return [*self.attempts, *self.failed]

    def add(self, subject: str, row: GeneratedRow, *, further: int, limit: int) -> None:
        """Plan a subject whose answer cannot be used."""
        allowed = min(row.attempt + further, limit)
        if allowed > row.attempt:
            self.attempts[subject] = allowed
        else:
            self.exhausted.append(subject)


def plan_summaries(rows: Sequence[Summary], *, further: int, limit: int) -> RetryPlan:
    """Return which summaries of a batch to ask for again: failed ones, and those without text.

    Args:
        rows: The stored summaries.
        further: Attempts to add to those that were made.
        limit: Most attempts in all.
    """
    plan = RetryPlan()
    for row in rows:
        if row.status == "failed":
            plan.failed.append(row.paper_id)
        elif row.status == "completed" and not row.text.strip():
            plan.add(row.paper_id, row, further=further, limit=limit)
    return plan


def plan_chunks(
    raw: Sequence[RawExtraction],
    verdicts: Sequence[ValidatedExtraction],
    summaries: Sequence[Summary],
    *,
    further: int,
    limit: int,
) -> RetryPlan:
    """Return which chunks of a batch to ask about again.

    Chunks that wait for a summary are asked as soon as it is there. Others that were refused before
    anything was sent are left alone: another attempt would change nothing.

    Args:
        raw: The stored answers.
        verdicts: What they are worth by the rules as they are now, one for each, so that a batch
            that was refused for its many rejections can be retried as well.
        summaries: The stored summaries.
        further: Attempts to add to those that were made.
        limit: Most attempts in all.
    """
    asked_again = plan_summaries(summaries, further=further, limit=limit)
    hopeful = {row.paper_id for row in summaries if row.text.strip()} | {*asked_again.subjects}
    worn_out = set(asked_again.exhausted)
    plan = RetryPlan()
    for row, verdict in zip(raw, verdicts, strict=True):
        if row.status == "completed":
            if verdict.verdict == "rejected":
                plan.add(row.chunk_id, row, further=further, limit=limit)
        elif row.status == "failed" or (row.reason == NO_SUMMARY and row.paper_id in hopeful):
            plan.failed.append(row.chunk_id)
        elif row.reason == NO_SUMMARY and row.paper_id in worn_out:
            plan.exhausted.append(row.chunk_id)
    return plan
