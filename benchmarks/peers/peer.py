"""What all balancers have in common for the benchmark, and a plain client for those that proxy."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import openai

from benchmarks.batch import Batch, Run
from benchmarks.fake_server import MAX_TOKENS, MODEL, ServerProcess

REQUEST_SECONDS = 3600.0
"""Longest wait of a client for one answer: no balancer loses a request to its client's haste."""
START_SECONDS = 60.0


class Peer(Protocol):
    """A balancer under test.

    Attributes:
        name: How the table calls it.
    """

    name: str

    def missing(self) -> str | None:
        """Return what is not installed, or `None`."""
        ...

    def run(self, servers: Sequence[ServerProcess], batch: Batch) -> Run:
        """Run a batch and return what came of it."""
        ...


async def ask_all(base_url: str, batch: Batch, concurrency: int) -> Run:
    """Send a batch to one address, so many requests at once, without streaming."""
    client = openai.AsyncOpenAI(base_url=base_url, api_key="none", timeout=REQUEST_SECONDS)
    turn = asyncio.Semaphore(concurrency)
    errors: list[str] = []

    async def ask(prompt: str) -> str | None:
        async with turn:
            try:
                answer = await client.chat.completions.create(
                    model=MODEL,
                    messages=[{"role": "user", "content": prompt}],
                    max_tokens=MAX_TOKENS,
                    temperature=0.0,
                )
            except openai.APIError as error:
                errors.append(f"{type(error).__name__}: {error}")
                return None
            return answer.choices[0].message.content

    async with client:
        began = time.perf_counter()
        answers = await asyncio.gather(*(ask(prompt) for prompt in batch.prompts))
        return Run(time.perf_counter() - began, answers, errors)


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def daemon(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """Run a balancer in the background, from when it listens to the end of the context.

    Raises:
        RuntimeError: It does not listen in time.
    """
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen:\n{log.read_text()[-2000:]}")
