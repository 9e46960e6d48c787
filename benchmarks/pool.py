"""The pool as benchmarks use it: requests, and a ledger that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.fake_server import MAX_TOKENS, MODEL
from resources.generation import GenerationRequest, Message, Sampling
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool

PROMPT_TOKENS = 20


def request_for(prompt: str) -> GenerationRequest:
    """Return a request for the pool; its subject is its prompt."""
    return GenerationRequest(
        subject=prompt,
        task="benchmark",
        messages=(Message(role="user", content=prompt),),
        sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
        prompt_tokens=PROMPT_TOKENS,
    )


@contextmanager
def pool_of(
    urls: Sequence[str], ledger_class: type[GenerationLedger] = GenerationLedger
) -> Iterator[LlamaServerPool]:
    """Open a pool of servers with an empty ledger that is thrown away at the end."""
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {"url": f"sqlite:///{Path(folder) / 'ledger.db'}"}
        ledger = ledger_class(**settings)
        endpoints = [{"name": f"server-{number}", "url": url} for number, url in enumerate(urls)]
        pool = LlamaServerPool(endpoints=endpoints, model=MODEL, ledger=ledger)
        _ = ledger.database  # creating the tables is not part of a batch
        try:
            yield pool
        finally:
            pool.close()
            ledger.close()
