"""A batch answered from the ledger alone: the outcomes that a run with servers ended with.

No server is needed, and nothing is asked. Which answer is the outcome, and when a further attempt
follows, is decided as for any batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from resources.generation import Failure, GenerationRequest
from resources.generation_ledger.keys import generation_key
from resources.llama_server_pool.dispatch.intake import Intake
from resources.llama_server_pool.dispatch.judging import Judging
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.dispatch.outcomes import Outcomes
from resources.llama_server_pool.dispatch.writer import Ledger
from resources.llama_server_pool.reports import BatchResult
from resources.progress import ProgressTask


class ReadableLedger(Ledger, Protocol):
    """A ledger that also says why a request has no answer."""

    def failures(self, keys: Iterable[str]) -> dict[str, Failure]:
        """Return why requests were set aside, by key."""
        ...


async def is_fully_known(ledger: Ledger, order: BatchOrder, model: str) -> bool:
    """Return whether the ledger answers a whole batch, further attempts included.

    Args:
        ledger: The ledger.
        order: The requests, and which answers are usable.
        model: Identity of the model that answered.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    waiting = list(order.requests)
    while waiting:
        known = await asyncio.to_thread(ledger.lookup, waiting, model)
        if len(known) < len(waiting):
            return False
        waiting = [
            order.next_attempt(one, known[one.subject])
            for one in waiting
            if not order.is_last(one) and not order.usable(known[one.subject])
        ]
    return True


async def known_outcomes(
    ledger: ReadableLedger, order: BatchOrder, model: str, progress: ProgressTask
) -> tuple[BatchResult, Sequence[GenerationRequest]]:
    """Return the outcomes that the ledger knows, and the requests that it knows nothing of.

    A request that was set aside has its recorded failure as outcome.

    Args:
        ledger: The ledger.
        order: The requests, and which answers are usable.
        model: Identity of the model that answered.
        progress: Where to show the progress.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    intake = Intake(ledger, order.requests)
    judging = Judging(order)
    outcomes = Outcomes(order, intake, progress, judging)
    unknown: list[GenerationRequest] = []
    while intake:
        known, fresh, _ = await intake.look_up(model)
        for request, generation in known:
            await outcomes.known(request, generation)
        failures = ledger.failures(generation_key(request, model) for request in fresh)
        for request in fresh:
            failure = failures.get(generation_key(request, model))
            if failure is not None:
                failure = replace(failure, subject=request.subject)
                await outcomes.written(request, failure, model)
            else:
                unknown += [request, *intake.take_coalesced(request, model)]
    judging.close()
    return BatchResult(outcomes.by_subject, outcomes.report([], 0.0)), unknown
