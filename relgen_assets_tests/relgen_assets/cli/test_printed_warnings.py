"""Warnings while a command shows its progress: each a line of its own, or in the log of the run."""

from __future__ import annotations

import logging

import pytest

from relgen_assets.cli.progress import shown_progress
from relgen_assets.orchestration.progress_log import logged_progress

POOL = logging.getLogger("resources.some_pool")


def test_a_warning_is_printed_as_a_line_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    with shown_progress():
        POOL.warning("no fast copy of [the model]")
    assert capfd.readouterr().err == "Warning: no fast copy of [the model]\n"


def test_a_warning_of_a_step_stands_in_the_log_of_its_run_only(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with shown_progress(), logged_progress(logging.getLogger("test run")):
        POOL.warning("gpu-0 ignores schemas")
    assert [one.getMessage() for one in caplog.records if one.name == "test run"] == [
        "gpu-0 ignores schemas"
    ]
    assert capfd.readouterr().err == ""
