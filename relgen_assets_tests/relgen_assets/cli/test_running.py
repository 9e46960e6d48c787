"""Batches one after the other: what happens in one of them does not stop the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relgen_assets.cli import running
from relgen_assets.cli.unexpected import told
from resources.errors import StorageError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("a bug"), "unexpected: ZeroDivisionError: a bug"),
        (RecursionError("too deep"), "unexpected: RecursionError"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (StorageError("the table is damaged."), "the table is damaged"),
    ],
)
def test_no_exception_of_a_batch_stops_the_next(
    error: Exception, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "run_batch", fail)
    monkeypatch.setattr(running, "run_card", fail)
    nothing: Any = None
    failed = running._try_batch(nothing, nothing, "papers-00000")
    assert words in str(failed["papers-00000"])
    assert words in str(running.card_fault(nothing, nothing))


def test_ctrl_c_still_ends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "run_batch", interrupt)
    nothing: Any = None
    with pytest.raises(KeyboardInterrupt):
        running._try_batch(nothing, nothing, "papers-00000")


def test_the_traceback_of_an_unforeseen_error_is_in_the_log_and_not_in_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        words = str(told(error))
    assert "Traceback" not in words
    (log,) = tmp_path.rglob("*errors.log")
    assert "Traceback" in log.read_text()
