"""The asyncio tasks of one batch: they wake its loop, and the first crash ends the batch."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class BatchTasks:
    """Starts the tasks of one batch and watches how they end."""

    def __init__(self) -> None:
        self._background: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._crash: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that the caller will stop."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def start_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that runs until `stop_background`."""
        self._background.append(self.start(work))

    def wake(self) -> None:
        """Wake the loop from its rest: something has changed."""
        self._wake.set()

    async def rest(self, seconds: float) -> None:
        """Wait until something changes, for at most this many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    def raise_crash(self) -> None:
        """Raise the error of the first task that crashed, if any did."""
        if self._crash is not None:
            raise self._crash

    async def stop_background(self) -> None:
        """Cancel the background tasks and wait until they have ended."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None and self._crash is None:
            self._crash = task.exception()
        self.wake()
