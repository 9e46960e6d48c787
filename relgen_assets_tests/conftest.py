"""What all tests share: property tests without time limits, signals that arrive, an order."""

from __future__ import annotations

import gc
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "relgen", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("relgen")

# A test run in the background may ignore these signals, and the processes that the tests interrupt
# would inherit that.
for _signal, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGTERM, signal.SIG_DFL),
):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, _handler)

LONGEST = (
    "relgen_assets/orchestration/test_crash.py",
    "readme/test_commands.py",
    "relgen_assets/orchestration/test_asked_once.py",
    "relgen_assets/orchestration/test_graph_runs.py",
    "relgen_assets/orchestration/test_dagster_jobs.py",
    "browser/test_web_ui.py",
    "resources/llama_server_pool/embedded/test_processes.py",
    "relgen_assets/cli/test_app.py",
    "resources/llama_server_pool/health/test_recovery.py",
    "resources/llama_server_pool/dispatch/test_faults.py",
    "relgen_assets/cli/test_output.py",
    "relgen_assets/orchestration/test_two_passes.py",
    "relgen_assets/orchestration/test_second_opinions.py",
    "relgen_assets/orchestration/test_judging.py",
)
"""The files that take longest: begun first, so that no process is alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the others stay in their order."""
    folder = Path(__file__).parent
    ranks = {folder / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Keep what was imported out of every later collection of garbage: it stays to the end."""
    gc.collect()
    gc.freeze()
