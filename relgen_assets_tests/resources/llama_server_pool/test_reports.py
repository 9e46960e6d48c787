"""Batches that belong together are reported together: nothing is left out, speeds are not added."""

from __future__ import annotations

from dataclasses import replace

from resources.llama_server_pool.reports import BatchReport, EndpointReport, together

GPU = EndpointReport(
    name="gpu-0", kind="gpu", requests=2, prompt_tokens=100, cached_tokens=10,
    completion_tokens=40, hedged_tokens=3, lost_tokens=1, seconds_busy=4.0, tokens_per_second=10.0,
    tokens_per_second_by_load={1: 12.0, 2: 9.0}, faults={"reset": 1}, watt_hours=0.5,
)  # fmt: skip
BOARD = replace(GPU, name="board-0", kind="arm", faults={})
FIRST = BatchReport((GPU,), seconds=5.0, from_ledger=1, generated=2, failed=0, content_retries=1)
THEN = BatchReport(
    (replace(GPU, completion_tokens=80, tokens_per_second_by_load={1: 14.0}), BOARD),
    seconds=3.0, from_ledger=0, generated=4, failed=1, content_retries=0,
)  # fmt: skip


def test_one_report_stays_as_it_is() -> None:
    assert together([FIRST]) == FIRST


def test_counts_are_added_and_a_newer_speed_replaces_an_older_one() -> None:
    both = together([FIRST, THEN])
    assert (both.seconds, both.from_ledger, both.generated) == (8.0, 1, 6)
    assert (both.failed, both.content_retries) == (1, 1)
    assert both.completion_tokens == FIRST.completion_tokens + THEN.completion_tokens
    assert both.watt_hours == FIRST.watt_hours + THEN.watt_hours
    gpu, board = both.endpoints
    assert board == BOARD
    assert gpu.tokens_per_second == (40 + 80) / (4.0 + 4.0)
    assert gpu.tokens_per_second_by_load == {1: 14.0, 2: 9.0}
    assert gpu.faults == {"reset": 2}
