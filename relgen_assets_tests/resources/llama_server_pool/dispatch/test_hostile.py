"""Whatever one server answers, the healthy one answers everything."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from relgen_assets_tests.fakes.hostile import HOSTILE
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    assert_complete,
    echo,
    endpoint_at,
    pool_of,
    questions,
)
from resources.generation import Generation
from resources.llama_server_pool.endpoint import Dialect

PATIENT = replace(HURRIED, breaker_pause=30.0, breaker_pause_limit=30.0, trial_timeout=20.0)
"""A server that has failed is not asked again in this batch."""

pytestmark = pytest.mark.timeout(60)


def test_no_hostile_server_harms_the_batch_and_each_is_told_its_fault(tmp_path: Path) -> None:
    with ExitStack() as running:
        well = running.enter_context(FakeLlamaServer(slots=2, answer=echo, decode=200.0))
        endpoints = [endpoint_at(well.url, "well", slots=2)]
        for number, behaviour in enumerate(HOSTILE):
            server = FakeLlamaServer(dialect=Dialect(behaviour.dialect), answer=echo)
            server.raw = behaviour.raw()
            running.enter_context(server)
            endpoints.append(endpoint_at(server.url, f"sick-{number}"))
        pool = running.enter_context(pool_of(tmp_path, *endpoints, policy=PATIENT))
        requests = questions(40)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
    by_healthy = [one for one in result.outcomes.values() if isinstance(one, Generation)]
    assert {one.endpoint for one in by_healthy} == {"well"}
    unharmed = {
        behaviour.name: report.faults
        for behaviour, report in zip(HOSTILE, result.report.endpoints[1:], strict=True)
        if not report.faults or "unforeseen" in report.faults
    }
    assert unharmed == {}
