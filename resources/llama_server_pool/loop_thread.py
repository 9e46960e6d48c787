"""A private thread with an event loop, for synchronous callers of asynchronous work.

Assets are plain functions, and a notebook may already run a loop in its thread. Connections live as
long as the pool, across calls, so the loop does too.

`anyio`'s blocking portal does not work here: it cancels every `await` of the clean-up again, so
connections and slot leases would not be released after Ctrl-C.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for callers in other threads.

    Args:
        name: Name of the thread, for stack dumps.
        closing_seconds: Longest wait for a cancelled coroutine to clean up.
    """

    def __init__(self, name: str, closing_seconds: float) -> None:
        self._closing = closing_seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` and return its result.

        If an exception interrupts the calling thread meanwhile (Ctrl-C, a terminated Dagster run),
        `work` is cancelled, and the exception propagates once the clean-up is done.
        """
        ended = threading.Event()

        async def guarded() -> T:
            try:
                return await work
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(guarded(), self._loop)
        try:
            return future.result()
        except BaseException:
            if not future.done() or future.cancelled():
                future.cancel()
                ended.wait(self._closing)
            raise

    def close(self) -> None:
        """Stop the loop and its thread; running work is cancelled."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(self._closing)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
