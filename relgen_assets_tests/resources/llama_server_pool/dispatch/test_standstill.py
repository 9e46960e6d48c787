"""Work waits, a slot is free, and nothing runs: an error that names the state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relgen_assets_tests.fakes import faults
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    echo,
    first,
    long_questions,
    pool_of,
    questions,
)
from resources.errors import PoolError
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import Assignment

QUICK = replace(HURRIED, standstill_seconds=0.3)


def nothing_to_do(_: Scheduler, now: float) -> list[Assignment]:
    """Decide nothing, as a scheduler whose every comparison is false."""
    return []


def test_a_batch_that_stands_still_ends_and_says_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scheduler, "assign", nothing_to_do)
    with (
        FakeLlamaServer(slots=2, answer=echo) as server,
        pool_of(tmp_path, server, policy=QUICK) as pool,
        pytest.raises(PoolError, match=r"3 requests wait .* slots are free \(a: ready, 2 of 2"),
    ):
        pool.generate(questions(3))


def test_requests_that_wait_for_a_larger_server_are_no_standstill(tmp_path: Path) -> None:
    """The small server idles while the large one, which alone can hold them, comes back."""
    with (
        FakeLlamaServer(slots=2, context=300) as small,
        FakeLlamaServer(slots=1) as large,
        pool_of(tmp_path, small, large, policy=QUICK) as pool,
    ):
        large.fail_always(faults.throttled(1.0), first(1))
        result = pool.generate(long_questions(3, 300))
    assert [one.requests for one in result.report.endpoints] == [0, 3]
