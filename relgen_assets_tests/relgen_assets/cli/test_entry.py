"""How a command ends: one paragraph, a status, and never a traceback where a person reads."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.interrupts import KEPT, Interrupted
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from resources.errors import ConfigurationError, StorageError

Meet = Callable[[BaseException], None]
"""Makes every command meet an error."""


@pytest.fixture
def meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Meet:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".relgen").mkdir()
    (tmp_path / "relgen.toml").touch()

    def meet(error: BaseException) -> None:
        def raising(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("relgen_assets.settings.load_settings", raising)

    return meet


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
    ],
)
def test_too_little_memory_is_told_in_plain_words(
    meet: Meet, relgen: Relgen, error: Exception
) -> None:
    meet(error)
    status, output, text = relgen("config")
    assert (status, output) == (ExitCode.FAILED, "")
    assert "the memory is used up" in text
    assert "Stop other programs" in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "data/x.parquet"), "full", "Free"),
        (OSError(errno.EACCES, "Permission denied", "data/x.parquet"), "denied", "right to write"),
        (OSError(errno.EROFS, "Read-only file system", "data/x.parquet"), "read-only", "right to"),
        (sqlite3.OperationalError("database or disk is full"), "full", "Free"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "read-only", "right"),
        (sqlite3.OperationalError("unable to open database file"), "opened", "ulimit -n"),
        (sqlite3.OperationalError("disk I/O error"), "memory", "Check them"),
        (sqlite3.DatabaseError("file is not a database"), "damaged", "move it away"),
        (sqlite3.DatabaseError("database disk image is malformed"), "damaged", "backup"),
        (OSError(errno.EMFILE, "Too many open files", "data/x.parquet"), "files", "ulimit -n"),
        (OSError(errno.ENFILE, "Too many open files", "data/x.parquet"), "files", "Stop other"),
    ],
)
def test_an_error_of_the_machine_says_what_where_and_what_to_do(
    meet: Meet, relgen: Relgen, error: Exception, what: str, remedy: str
) -> None:
    wrapped = RuntimeError("in a library")
    wrapped.__cause__ = error
    meet(wrapped)
    status, output, text = relgen("config")
    assert (status, output) == (ExitCode.FAILED, "")
    assert text.startswith("Error")
    assert len(text.splitlines()) == 1
    assert what in text
    assert remedy in text
    assert "x.parquet" in text or "SQLite" in text


def test_an_unexpected_error_is_one_line_that_names_the_file_with_the_traceback(
    meet: Meet, relgen: Relgen
) -> None:
    meet(KeyError("slots"))
    status, _, text = relgen("config")
    assert status == ExitCode.FAILED
    assert len(text.splitlines()) == 1
    assert "KeyError: 'slots'" in text
    assert ".relgen/logs/errors.log" in text
    assert "please report it" in text
    log = Path(".relgen/logs/errors.log").read_text(encoding="utf-8")
    assert "relgen config" in log
    assert "Traceback" in log
    assert "Python 3." in log


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("it is damaged.", where="a"), ExitCode.FAILED),
        (ConfigurationError("unknown key.", where="relgen.toml"), ExitCode.USAGE),
    ],
)
def test_errors_of_settings_have_a_status_of_their_own(
    meet: Meet, relgen: Relgen, error: Exception, status: ExitCode
) -> None:
    meet(error)
    assert relgen("config") == (status, "", f"Error {error}\n")


def test_a_wrong_setting_that_a_library_wraps_is_told_like_any_other(
    meet: Meet, relgen: Relgen
) -> None:
    wrapped = RuntimeError("in a library")
    wrapped.__cause__ = ConfigurationError("unknown key.", where="relgen.toml")
    meet(wrapped)
    assert relgen("config") == (ExitCode.USAGE, "", f"Error {wrapped.__cause__}\n")


def test_on_a_terminal_a_long_error_is_wrapped_between_words(
    meet: Meet, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    error = StorageError("it cannot be read. " * 20, where="a", remedy="Run `relgen check`.")
    meet(error)
    text = re.sub("\x1b\\[[0-9;]*m", "", relgen("config")[2])
    assert all(len(line) <= 200 for line in text.splitlines())
    assert text.split() == ["Error", *str(error).split()]


@pytest.mark.parametrize("status", [ExitCode.INTERRUPTED, ExitCode.TERMINATED])
def test_a_signal_counts_for_more_than_what_failed_because_of_it(
    meet: Meet, relgen: Relgen, status: ExitCode
) -> None:
    lost = StorageError("the connection was closed.")
    lost.__context__ = Interrupted(status - 128)
    meet(lost)
    assert relgen("config") == (status, "", f"{KEPT}\n")


def test_a_wrong_option_is_a_usage_error(meet: Meet, relgen: Relgen) -> None:
    status, _, text = relgen("config", "--colour")
    assert status == ExitCode.USAGE
    assert "--colour" in text
