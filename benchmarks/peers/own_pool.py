"""This project's pool, run like the others: the same servers, the same batch, a ledger to fill."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.batch import Batch, Run
from benchmarks.fake_server import ServerProcess
from benchmarks.pool import pool_of, request_for
from resources.generation import Generation, GenerationRequest, Outcome


class OwnPool:
    """The pool, which discovers slots and speeds itself.

    Args:
        lengths_known: Whether requests say how long their answers will be.
    """

    def __init__(self, *, lengths_known: bool = False) -> None:
        self.name = "this pool" + (", lengths known" if lengths_known else "")
        self._lengths_known = lengths_known

    def missing(self) -> str | None:
        """Nothing is."""
        return None

    def run(self, servers: Sequence[ServerProcess], batch: Batch) -> Run:
        """Run a batch with it; discovery and the first probes of the servers are counted in."""
        requests = [
            self._request(prompt, tokens)
            for prompt, tokens in zip(batch.prompts, batch.lengths, strict=True)
        ]
        with pool_of([one.url for one in servers]) as pool:
            began = time.perf_counter()
            result = pool.generate(requests)
            seconds = time.perf_counter() - began
        outcomes = [result.outcomes[request.subject] for request in requests]
        failed = [repr(one) for one in outcomes if not isinstance(one, Generation)]
        accounts = result.report.endpoints
        wasted = sum(one.hedged_tokens + one.lost_tokens for one in accounts)
        return Run(seconds, [_text(one) for one in outcomes], failed, wasted)

    def _request(self, prompt: str, tokens: int) -> GenerationRequest:
        expected = float(tokens) if self._lengths_known else None
        return replace(request_for(prompt), expected_tokens=expected)


def _text(outcome: Outcome) -> str | None:
    return outcome.text if isinstance(outcome, Generation) else None
