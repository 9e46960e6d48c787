"""A trial that hangs: a second one runs beside it, and the first answer counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes import faults
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    assert_complete,
    echo,
    pool_of,
    questions,
)
from resources.llama_server_pool.health.trials import first_answer


def answers(*waits: float | Exception) -> Any:
    """Return what begins trials: each answers after its wait, or fails."""
    left = list(waits)

    async def trial(number: int, wait: float | Exception) -> int:
        if isinstance(wait, Exception):
            raise wait
        await asyncio.sleep(wait)
        return number

    def ask() -> Coroutine[Any, Any, int]:
        return trial(len(waits) - len(left), left.pop(0))

    return ask


def test_a_trial_that_answers_is_alone() -> None:
    assert asyncio.run(first_answer(answers(0.0), 5.0)) == 0


def test_a_second_trial_answers_where_the_first_one_hangs() -> None:
    assert asyncio.run(first_answer(answers(60.0, 0.0), 0.01)) == 1


def test_the_first_trial_may_still_answer() -> None:
    assert asyncio.run(first_answer(answers(0.05, 60.0), 0.01)) == 0


def test_one_failed_trial_is_not_the_end() -> None:
    assert asyncio.run(first_answer(answers(0.05, ValueError("no")), 0.01)) == 0


def test_a_fault_of_every_trial_is_the_fault() -> None:
    with pytest.raises(ValueError, match="no"):
        asyncio.run(first_answer(answers(ValueError("no")), 5.0))


def test_a_server_whose_first_trial_hangs_is_in_service_long_before_the_limit(
    tmp_path: Path,
) -> None:
    policy = replace(HURRIED, trial_timeout=30.0, first_token_floor=0.3)
    with (
        FakeLlamaServer(slots=2, answer=echo) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        server.fail_next(faults.HANG_BEFORE_HEADERS)
        requests = questions(4)
        began = time.monotonic()
        assert_complete(pool, requests, pool.generate(requests))
        assert time.monotonic() - began < 15
