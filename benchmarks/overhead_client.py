"""One way of sending many requests to instant servers, as a process of its own.

`overhead` starts it, so that processor time and memory are those of one way alone. It prints one
JSON object: a `Cost`, or for `memory` a list of `Sample`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import openai

from benchmarks.fake_server import MAX_TOKENS, MODEL, is_answer, prompt_for
from benchmarks.pool import pool_of, request_for
from resources.generation import Generation, GenerationRequest
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool

MEMORY_BATCH = 1_000
"""Requests per batch where memory is measured: what a partition of the graph may ask."""


@dataclass(frozen=True)
class Cost:
    """What sending a batch took.

    Attributes:
        seconds: Wall time.
        cpu_seconds: Processor time of the client, all threads.
        whole: Whole answers received.
    """

    seconds: float
    cpu_seconds: float
    whole: int


@dataclass(frozen=True)
class Sample:
    """Memory at one moment.

    Attributes:
        requests: Requests answered so far.
        resident: Resident memory of the process in MiB.
    """

    requests: int
    resident: float


class ForgetfulLedger(GenerationLedger):
    """A ledger that knows nothing and keeps nothing; it still holds the leases of the slots."""

    def lookup(
        self,
        requests: Sequence[GenerationRequest],  # noqa: ARG002
        model: str,  # noqa: ARG002
    ) -> dict[str, Generation]:
        """Know nothing."""
        return {}

    def record(self, answers: Sequence[tuple[GenerationRequest, Generation]]) -> None:
        """Keep nothing."""


async def bare(urls: Sequence[str], slots: int, prompts: Sequence[str]) -> list[str]:
    """Stream answers with the official client alone, servers in turn, so many at once."""
    clients = [
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) for url in urls
    ]
    turn = asyncio.Semaphore(slots * len(urls))

    async def ask(client: openai.AsyncOpenAI, prompt: str) -> str:
        async with turn:
            stream = await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": prompt}],
                max_tokens=MAX_TOKENS,
                temperature=0.0,
                top_p=1.0,
                stream=True,
                stream_options={"include_usage": True},
            )
            parts = [
                chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices
            ]
            return "".join(parts)

    answers = await asyncio.gather(
        *(ask(client, prompt) for client, prompt in zip(cycle(clients), prompts, strict=False))
    )
    for client in clients:
        await client.close()
    return answers


def pooled(pool: LlamaServerPool, prompts: Sequence[str]) -> list[str]:
    """Let the pool answer."""
    outcomes = pool.generate([request_for(prompt) for prompt in prompts]).outcomes.values()
    return [one.text for one in outcomes if isinstance(one, Generation)]


def cost_of(way: str, urls: Sequence[str], slots: int, prompts: Sequence[str], tokens: int) -> Cost:
    """Run one batch in one way."""
    if way == "bare":
        began, cpu = time.perf_counter(), time.process_time()
        answers = asyncio.run(bare(urls, slots, prompts))
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    else:
        with pool_of(urls, GenerationLedger if way == "pool" else ForgetfulLedger) as pool:
            began, cpu = time.perf_counter(), time.process_time()
            answers = pooled(pool, prompts)
            seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return Cost(seconds, used, sum(is_answer(text, tokens) for text in answers))


def memory_over(urls: Sequence[str], count: int, tokens: int) -> list[Sample]:
    """Run batch after batch through one pool, and look at the memory after each."""
    samples: list[Sample] = []
    with pool_of(urls, GenerationLedger) as pool:
        for start in range(0, count, MEMORY_BATCH):
            end = min(count, start + MEMORY_BATCH)
            answers = pooled(pool, [prompt_for(number, tokens) for number in range(start, end)])
            if len(answers) != end - start:
                raise RuntimeError(f"{end - start - len(answers)} answers are missing")
            samples.append(Sample(end, resident()))
            sys.stderr.write(f"{end:,} requests: {samples[-1].resident:.1f} MiB\n")
    return samples


def resident() -> float:
    """Return the resident memory of this process in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def main() -> None:
    """Run one way and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("way", choices=["bare", "pool", "pool-forgetful", "memory"])
    parser.add_argument("--urls", nargs="+", required=True)
    parser.add_argument("--slots", type=int, required=True, help="of each server")
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True, help="length of every answer")
    options = parser.parse_args()
    result: Any
    if options.way == "memory":
        samples = memory_over(options.urls, options.requests, options.tokens)
        result = [asdict(one) for one in samples]
    else:
        prompts = [prompt_for(number, options.tokens) for number in range(options.requests)]
        cost = cost_of(options.way, options.urls, options.slots, prompts, options.tokens)
        result = asdict(cost)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
