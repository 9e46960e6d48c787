"""The command line, called in this process."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from relgen_assets import cli
from relgen_assets.cli.interrupts import SIGNALS

Relgen = Callable[..., tuple[int, str, str]]
"""Calls `relgen` with arguments; returns exit status, output and error output."""


@pytest.fixture
def relgen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Relgen:
    """Call `relgen` with arguments."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["relgen", *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        with _signals_as_before(), pytest.raises(SystemExit) as end:
            cli.main()
        status = int(end.value.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@contextmanager
def _signals_as_before() -> Iterator[None]:
    """Undo what a command does to its process, which is not its own here."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)
