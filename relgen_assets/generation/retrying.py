"""Decides what to ask again, and how many attempts each subject gets.

A pure function of stored rows: the ledger grants the attempts, the pool makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from relgen_assets.extraction import RejectionReason
from relgen_assets.generation.not_asked import NO_SUMMARY
from relgen_assets.generation.summary_requests import is_usable_summary
from relgen_assets.rows.models import GeneratedRow, RawExtraction, Summary, ValidatedExtraction


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry of one batch asks again, for one task.

    Attributes:
        attempts: Total number of allowed attempts, by subject with an unusable answer.
        failed: Subjects without any answer; they need no grant, because a failure does not count
            as a content attempt.
        exhausted: Subjects that have used all allowed attempts.
    """

    attempts: dict[str, int] = field(default_factory=dict[str, int])
    failed: list[str] = field(default_factory=list[str])
    exhausted: list[str] = field(default_factory=list[str])

    @property
    def subjects(self) -> list[str]:
        """The subjects to ask again."""
        return [*self.attempts, *self.failed]

    def add(self, subject: str, row: GeneratedRow, *, further: int, limit: int) -> None:
        """Add a subject whose answer is not usable."""
        allowed = min(row.attempt + further, limit)
        if allowed > row.attempt:
            self.attempts[subject] = allowed
        else:
            self.exhausted.append(subject)


def plan_summaries(rows: Sequence[Summary], *, further: int, limit: int) -> RetryPlan:
    """Return the summaries of a batch to ask for again: failed and empty ones.

    Args:
        rows: The stored summaries.
        further: Attempts to add to those already made.
        limit: Largest total number of attempts.
    """
    plan = RetryPlan()
    for row in rows:
        if row.status == "failed":
            plan.failed.append(row.paper_id)
        elif row.status != "refused" and not is_usable_summary(row):
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
    """Return the chunks of a batch to ask about again.

    Chunks that wait for a summary are asked about once it exists. Other refused chunks are left
    out: another attempt would change nothing. So are those whose relations are all denied by a
    second opinion: the rules, which decide whether an answer is taken, accept it.

    Args:
        raw: The stored answers.
        verdicts: One verdict on each answer by the current rules. A batch refused for too many
            rejections has no stored verdicts and can still be retried.
        summaries: The stored summaries.
        further: Attempts to add to those already made.
        limit: Largest total number of attempts.
    """
    asked_again = plan_summaries(summaries, further=further, limit=limit)
    summarised = {row.paper_id for row in summaries if is_usable_summary(row)} | {
        *asked_again.subjects
    }
    never_summarised = set(asked_again.exhausted)
    plan = RetryPlan()
    for row, verdict in zip(raw, verdicts, strict=True):
        if row.status == "completed":
            # What only a second opinion denies is accepted by the rules, also in the next run.
            if verdict.verdict == "rejected" and verdict.reason != RejectionReason.DENIED:
                plan.add(row.chunk_id, row, further=further, limit=limit)
        elif row.status == "failed" or (row.reason == NO_SUMMARY and row.paper_id in summarised):
            plan.failed.append(row.chunk_id)
        elif row.reason == NO_SUMMARY and row.paper_id in never_summarised:
            plan.exhausted.append(row.chunk_id)
    return plan
