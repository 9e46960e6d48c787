"""This project's pool, run like the others: the same servers, the same batch, a ledger to fill."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.batch import MAX_TOKENS, Batch, Run
from benchmarks.fake_server import MODEL, ServerProcess
from resources.generation_ledger import GenerationLedger
from resources.llama_server_pool import LlamaServerPool
from resources.llama_server_pool.request import (
    Generation,
    GenerationRequest,
    Message,
    Outcome,
    Sampling,
)

PROMPT_TOKENS = 20


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
        with pool_of(servers) as pool:
            began = time.perf_counter()
            result = pool.generate(requests)
            seconds = time.perf_counter() - began
        outcomes = [result.outcomes[request.subject] for request in requests]
        failed = [repr(one) for one in outcomes if not isinstance(one, Generation)]
        accounts = result.report.endpoints
        wasted = sum(one.hedged_tokens + one.lost_tokens for one in accounts)
        return Run(seconds, [_text(one) for one in outcomes], failed, wasted)

    def _request(self, prompt: str, tokens: int) -> GenerationRequest:
        return GenerationRequest(
            subject=prompt,
            task="benchmark",
            messages=(Message(role="user", content=prompt),),
            sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
            prompt_tokens=PROMPT_TOKENS,
            expected_tokens=float(tokens) if self._lengths_known else None,
        )


@contextmanager
def pool_of(
    servers: Sequence[ServerProcess], ledger_class: type[GenerationLedger] = GenerationLedger
) -> Iterator[LlamaServerPool]:
    """Open a pool of servers with an empty ledger that is thrown away at the end."""
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {"url": f"sqlite:///{Path(folder) / 'ledger.db'}"}
        ledger = ledger_class(**settings)
        endpoints = [{"name": one.spec.name, "url": one.url} for one in servers]
        pool = LlamaServerPool(endpoints=endpoints, model=MODEL, ledger=ledger)
        _ = ledger.database  # creating the tables is not part of a batch
        try:
            yield pool
        finally:
            pool.close()
            ledger.close()


def _text(outcome: Outcome) -> str | None:
    return outcome.text if isinstance(outcome, Generation) else None
