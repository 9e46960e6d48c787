"""A trial that hangs does not keep a server out: after a while a second one runs beside it.

The first may have been lost on the way, or be waiting for a model that loads; nobody can tell. So
neither is given up before both are, and the first answer counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def first_answer(ask: Callable[[], Coroutine[Any, Any, T]], patience: float) -> T:
    """Return the answer of a trial, or of a second one begun after `patience` seconds.

    Args:
        ask: Begins a trial.
        patience: How long to wait for the first trial alone, in seconds.

    Raises:
        EndpointFault: Every trial that was begun has failed; the fault of the last one.
    """
    trials = {asyncio.create_task(ask())}
    try:
        done, _ = await asyncio.wait(trials, timeout=patience)
        if not done:
            trials.add(asyncio.create_task(ask()))
        running = set(trials)
        while True:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            answered = [one for one in done if one.exception() is None]
            if answered or not running:
                return (answered or list(done))[0].result()
    finally:
        for one in trials:
            one.cancel()
        await asyncio.gather(*trials, return_exceptions=True)
