"""While a batch runs, the progress board tells what each endpoint does; servers are not asked."""

from __future__ import annotations

from pathlib import Path

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import endpoint, pool_of, questions
from resources.progress import BOARD, TaskProgress


def test_load_speed_and_state_of_each_endpoint_are_told_once_a_second(tmp_path: Path) -> None:
    heard: list[TaskProgress] = []
    leave = BOARD.subscribe(heard.append)
    try:
        with FakeLlamaServer() as gone:
            dead = endpoint(gone, "dead")
        with (
            FakeLlamaServer(slots=2, decode=30.0) as server,
            pool_of(tmp_path, endpoint(server, "gpu-0", slots=None), dead) as pool,
        ):
            pool.generate(questions(8))
    finally:
        leave()
    seen = {one.name: one for task in heard for one in task.endpoints}
    assert seen["dead"].state == "out: refused"
    assert seen["dead"].running == 0
    working = [one for task in heard for one in task.endpoints if one.name == "gpu-0"]
    assert {one.slots for one in working if one.state == "ready"} == {2}
    assert max(one.running for one in working) == 2
    assert max(one.tokens_per_second for one in working) > 20
    assert any(task.running_tokens for task in heard)
    reports = {(task.endpoints, task.started) for task in heard}
    assert len(reports) < 12, "about once a second"
