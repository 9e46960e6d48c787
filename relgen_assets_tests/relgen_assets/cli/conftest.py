"""The command line, called in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from relgen_assets import cli

Relgen = Callable[..., tuple[int, str, str]]
"""Calls `relgen` with arguments; returns exit status, output and error output."""


@pytest.fixture
def relgen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Relgen:
    """Call `relgen` with arguments."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["relgen", *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call
