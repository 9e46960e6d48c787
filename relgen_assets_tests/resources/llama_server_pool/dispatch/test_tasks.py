"""The tasks of a batch: they wake its loop, and the first that crashes ends it."""

from __future__ import annotations

import asyncio
import time

import pytest

from resources.errors import LedgerError
from resources.llama_server_pool.dispatch.tasks import BatchTasks


async def crash(message: str) -> None:
    raise LedgerError(message)


def test_the_end_of_a_task_wakes_the_loop_and_the_first_crash_is_raised() -> None:
    async def work() -> None:
        tasks = BatchTasks()
        tasks.raise_crash()
        tasks.start_background(crash("first"))
        began = time.monotonic()
        await tasks.rest(20.0)
        assert time.monotonic() - began < 10.0
        tasks.start(crash("second"))
        await tasks.rest(20.0)
        with pytest.raises(LedgerError, match="first"):
            tasks.raise_crash()

    asyncio.run(work())


def test_a_task_that_is_stopped_has_not_crashed() -> None:
    async def work() -> None:
        tasks = BatchTasks()
        tasks.start_background(asyncio.sleep(60))
        await tasks.stop_background()
        tasks.raise_crash()

    asyncio.run(work())


def test_a_rest_ends_by_itself() -> None:
    async def work() -> None:
        await BatchTasks().rest(0.01)

    asyncio.run(work())
