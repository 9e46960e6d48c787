"""What the caller of a batch gets: durable outcomes; unusable answers get a content attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resources.generation import Failure, FailureReason, Generation, GenerationRequest, Outcome
from resources.llama_server_pool.dispatch.intake import Intake
from resources.llama_server_pool.dispatch.judging import Judging
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.reports import BatchReport, EndpointReport
from resources.progress import ProgressTask


class Outcomes:
    """The outcomes of one batch.

    Args:
        order: Says which answers are usable, and how many attempts a request may take.
        intake: Where further content attempts go, and where equal requests wait.
        progress: Where to show the progress of the batch.
        judging: Judges the answers.
    """

    def __init__(
        self, order: BatchOrder, intake: Intake, progress: ProgressTask, judging: Judging
    ) -> None:
        self.by_subject: dict[str, Outcome] = {}
        self._order, self._intake, self._progress = order, intake, progress
        self._judging = judging
        self._unusable: dict[str, Generation] = {}
        self._open = {request.subject for request in order.requests}
        self._content_retries = 0

    @property
    def missing(self) -> int:
        """Requests that have no outcome yet."""
        return len(self._open)

    async def known(self, request: GenerationRequest, generation: Generation) -> None:
        """Handle an answer found in the ledger."""
        await self._conclude(request, replace(generation, from_ledger=True))

    async def written(self, request: GenerationRequest, outcome: Outcome, model: str) -> None:
        """Handle an outcome that has become durable, for all coalesced requests too."""
        await self._conclude(request, outcome)
        for other in self._intake.take_coalesced(request, model):
            shared = replace(outcome, subject=other.subject)
            if isinstance(shared, Generation):
                shared = replace(shared, from_ledger=True)
            await self._conclude(other, shared)

    def report(self, endpoints: Sequence[EndpointReport], seconds: float) -> BatchReport:
        """Return what the batch cost.

        Args:
            endpoints: What each endpoint did.
            seconds: Wall time of the batch.
        """
        outcomes = list(self.by_subject.values())
        known = sum(isinstance(one, Generation) and one.from_ledger for one in outcomes)
        failed = sum(isinstance(one, Failure) for one in outcomes)
        return BatchReport(
            endpoints=tuple(endpoints),
            seconds=seconds,
            from_ledger=known,
            generated=len(outcomes) - known - failed,
            failed=failed,
            content_retries=self._content_retries,
        )

    async def _conclude(self, request: GenerationRequest, outcome: Outcome) -> None:
        """Pass a durable outcome to the caller, or start the next content attempt."""
        answer = outcome if isinstance(outcome, Generation) else None
        last = self._order.is_last(request)
        if answer is not None and not last and not (await self._judging.verdict(answer)).usable:
            self._content_retries += not answer.from_ledger
            self._unusable[request.subject] = answer
            self._intake.add(self._order.next_attempt(request, answer))
            return
        if answer is None:
            outcome = self._before(request, outcome)
            answer = outcome if isinstance(outcome, Generation) else None
        self.by_subject[request.subject] = outcome
        self._unusable.pop(request.subject, None)
        self._open.discard(request.subject)
        self._progress.advance(
            from_ledger=int(answer is not None and answer.from_ledger), failed=int(answer is None)
        )

    def _before(self, request: GenerationRequest, failed: Outcome) -> Outcome:
        """Return the earlier answer if a content attempt was longer than every context.

        A later attempt may ask more than the first; that it does not fit says nothing of the first.
        """
        too_long = isinstance(failed, Failure) and failed.reason == FailureReason.CONTEXT_EXCEEDED
        return self._unusable.get(request.subject, failed) if too_long else failed
