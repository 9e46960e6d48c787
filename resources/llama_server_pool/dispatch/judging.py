"""The caller's verdict on each answer: once, off the event loop, and within a time limit.

Judging is the caller's code, and as slow as the caller makes it. While it runs, the streams of the
servers are still read, and an answer that takes for ever does not stop the batch.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from resources.generation import Generation, Verdict
from resources.llama_server_pool.dispatch.order import BatchOrder

logger = logging.getLogger(__name__)

LIMIT_SECONDS: Final = 20.0
"""Longest judgement on one answer; the slowest texts take a few hundred milliseconds."""
QUICK_SECONDS: Final = 0.05
"""So long a slot waits for the verdict: a server whose answers are bad gets no work meanwhile."""
TOO_SLOW: Final = "judging_time"
"""Why an answer is not usable that could not be judged in time."""
_THREADS: Final = 1
"""More would only wait for each other, since Python runs one at a time."""


class Judging:
    """The verdicts of one batch.

    Args:
        order: Says which answers are usable.
        limit: Longest judgement on one answer, in seconds.
    """

    def __init__(self, order: BatchOrder, limit: float = LIMIT_SECONDS) -> None:
        self._order, self._limit = order, limit
        self._threads: ThreadPoolExecutor | None = None
        self._known: dict[tuple[str, int, str, str], asyncio.Task[Verdict]] = {}

    async def within(self, seconds: float | None, generation: Generation) -> Verdict | None:
        """Return the verdict if it is known within these seconds; `None` waits for it."""
        work = asyncio.create_task(self.verdict(generation))
        done, _ = await asyncio.wait({work}, timeout=seconds)
        return work.result() if done else None

    async def verdict(self, generation: Generation) -> Verdict:
        """Return the verdict on an answer; one that is judged too slowly is not usable.

        What the caller's code raises is raised here.
        """
        key = (
            generation.subject,
            generation.attempt,
            generation.finish_reason,
            generation.text,
        )
        if key not in self._known:
            self._known[key] = asyncio.create_task(self._judge(generation))
        return await asyncio.shield(self._known[key])

    def close(self) -> None:
        """Let the threads end; what they still judge is of no use."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _judge(self, generation: Generation) -> Verdict:
        if self._order.accept is None:
            return self._order.verdict(generation)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "judging")
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, self._order.verdict, generation)
        done, _ = await asyncio.wait([work], timeout=self._limit)
        if done:
            return work.result()
        work.cancel()
        self.close()  # the thread cannot be stopped; the next answers get others
        logger.warning(
            "%s: its answer was not judged within %.0f s and is not used.",
            generation.subject,
            self._limit,
        )
        return Verdict(usable=False, reason=TOO_SLOW)
