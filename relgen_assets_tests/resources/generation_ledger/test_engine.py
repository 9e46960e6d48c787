"""When the database is in trouble: a clear error, and nothing that was recorded is lost."""

from __future__ import annotations

import logging
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from relgen_assets_tests.postgres import PASSWORD_VARIABLE, PostgresServer
from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import MODEL, a_request, pairs
from relgen_assets_tests.resources.test_storage import largest_file, unprivileged
from resources.errors import ConfigurationError, LedgerError
from resources.generation_ledger.ledger import GenerationLedger


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("no url", "not a valid SQLAlchemy URL"),
        ("mysql://host/db", "in SQLite or PostgreSQL"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:///:memory:", "in memory would be lost"),
        ("postgresql+nosuch://host/db", "driver is missing"),
    ],
)
def test_urls_that_cannot_be_used(url: str, fault: str) -> None:
    with pytest.raises(LedgerError, match=fault):
        GenerationLedger(url=url).stats()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret-word@127.0.0.1:1/db",
        "postgresql://me@127.0.0.1:1/db?password=secret-word",
    ],
)
def test_a_password_in_the_url_is_refused_and_never_shown(url: str) -> None:
    ledger = GenerationLedger(url=url)
    with pytest.raises(LedgerError, match="contains a password") as caught:
        ledger.stats()
    assert "secret-word" not in f"{caught.value} {caught.value!r} {ledger!r} {ledger}"
    assert "password_env" in caught.value.remedy


def test_a_missing_password_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    ledger = GenerationLedger(url="postgresql://me@127.0.0.1:1/db", password_env=PASSWORD_VARIABLE)
    with pytest.raises(ConfigurationError, match=f"variable {PASSWORD_VARIABLE} is not set"):
        ledger.stats()


def test_the_password_is_nowhere_to_be_seen(
    postgres_server: PostgresServer, postgres_place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ledger = postgres_place.open()
        ledger.record(pairs(1))
        seen = [repr(ledger), repr(ledger.engine), ledger.stats().where, caplog.text]
    postgres_server.execute("DROP TABLE ledger_verdicts", ledger.engine.url.database or "")
    with pytest.raises(LedgerError, match="does not exist") as caught:
        ledger.stats()
    seen += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    assert not any(postgres_server.password in text for text in seen)


def test_a_wrong_password_is_a_clear_error_at_once(
    postgres_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong-word")
    began = time.monotonic()
    with pytest.raises(LedgerError, match="authentication failed") as caught:
        postgres_place.open(reconnect_seconds=600).stats()
    assert time.monotonic() - began < 300, "it must not wait"
    assert "variable that holds its password" in caught.value.remedy
    assert "wrong-word" not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"


def test_a_server_that_is_not_there_is_a_clear_error() -> None:
    ledger = GenerationLedger(url="postgresql://me@127.0.0.1:1/db", reconnect_seconds=0.2)
    with pytest.raises(LedgerError, match="refused") as caught:
        ledger.record(pairs(1))
    assert caught.value.where == "postgresql+psycopg2://127.0.0.1:1/db"
    assert "Start the database" in caught.value.remedy


def test_a_server_that_crashes_is_waited_for_and_loses_nothing(
    postgres_server: PostgresServer, postgres_place: Place
) -> None:
    ledger = postgres_place.open(reconnect_seconds=60)
    ledger.record(pairs(1))
    postgres_server.kill()
    recording = threading.Thread(target=lambda: ledger.record(pairs(2)))
    recording.start()
    postgres_server.start()
    recording.join(60)
    assert not recording.is_alive()
    found = postgres_place.open().lookup([a_request(1), a_request(2)], MODEL)
    assert len(found) == 2


def test_two_transactions_that_wait_for_each_other_both_go_through(postgres_place: Place) -> None:
    database = postgres_place.open().database
    both_hold_one, done = threading.Barrier(2), []

    def lock(first: int, second: int) -> None:
        tries = []

        def work(connection: Connection) -> None:
            tries.append(first)
            connection.execute(select(func.pg_advisory_xact_lock(first)))
            if len(tries) == 1:
                both_hold_one.wait(20)
            connection.execute(select(func.pg_advisory_xact_lock(second)))

        database.write(work)
        done.append(len(tries))

    threads = [threading.Thread(target=lock, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [1, 2], "PostgreSQL aborts one of them, which is tried again"


def test_a_locked_ledger_is_waited_for(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    file = ledger.database.file
    assert file is not None
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, lambda: holder.execute("COMMIT")).start()
    ledger.record(pairs(1))
    assert len(ledger.lookup([a_request(1)], MODEL)) == 1
    holder.close()


def test_a_ledger_that_stays_locked_is_a_clear_error(sqlite_place: Place) -> None:
    ledger = sqlite_place.open(busy_seconds=0.1)
    file = ledger.database.file
    assert file is not None
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="database is locked") as caught:
        ledger.record(pairs(1))
    assert caught.value.where == sqlite_place.url
    assert "Another process" in caught.value.remedy
    assert ledger.lookup([a_request(1)], MODEL) == {}, "reading goes on meanwhile"
    holder.execute("ROLLBACK")
    holder.close()
    ledger.record(pairs(1))
    assert len(ledger.lookup([a_request(1)], MODEL)) == 1


def test_a_server_whose_tables_stay_locked_is_a_clear_error(postgres_place: Place) -> None:
    ledger = postgres_place.open(busy_seconds=0.2)
    with ledger.engine.begin() as holder:
        holder.exec_driver_sql("LOCK TABLE ledger_generations IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerError, match="lock timeout") as caught:
            ledger.record(pairs(1))
        assert "Another session" in caught.value.remedy
    ledger.record(pairs(1))
    assert len(ledger.lookup([a_request(1)], MODEL)) == 1


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_ledger_that_vanishes_is_noticed(sqlite_place: Place, how: str) -> None:
    ledger = sqlite_place.open()
    ledger.record(pairs(1))
    file = ledger.database.file
    assert file is not None
    kept = file.rename(file.with_suffix(".kept"))
    if how == "replaced":
        file.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(LedgerError, match="removed or replaced"):
            ledger.record(pairs(2))
    kept.rename(file)
    ledger.record(pairs(2))
    assert len(sqlite_place.open().lookup([a_request(1), a_request(2)], MODEL)) == 2


def test_a_file_that_is_not_a_ledger_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"these are notes, not a database" * 100)
    with pytest.raises(LedgerError, match="file is not a database") as caught:
        GenerationLedger(url=f"sqlite:///{tmp_path}/ledger.db").stats()
    assert "move it away" in caught.value.remedy


def test_the_report_of_a_damaged_file_names_the_import_command_of_the_project(
    tmp_path: Path,
) -> None:
    file = tmp_path / "ledger.db"
    ledger = GenerationLedger(url=f"sqlite:///{file}", import_command="notes import")
    ledger.record(pairs(*range(200)))
    ledger.close()
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * (file.stat().st_size - 4096))
    with pytest.raises(LedgerError, match=r"import the last export \(notes import\)"):
        ledger.stats()


def test_the_former_name_of_the_time_to_reconnect_still_counts(tmp_path: Path) -> None:
    ledger = GenerationLedger(url=f"sqlite:///{tmp_path}/ledger.db", patience_seconds=3)
    assert ledger.reconnect_seconds == 3


def test_a_file_in_the_way_of_the_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(LedgerError, match="folder cannot be created"):
        GenerationLedger(url=f"sqlite:///{tmp_path}/state/ledger.db").stats()


def test_a_read_only_ledger_is_a_clear_error() -> None:
    with tempfile.TemporaryDirectory() as folder:  # tmp_path is closed to other users
        place = Place(f"sqlite:///{folder}/ledger.db", None)
        place.open().record(pairs(1))
        place.close()
        for path in (Path(folder), *Path(folder).iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged(), pytest.raises(LedgerError, match=r"readonly|unable to open") as caught:
            place.open().record(pairs(2))
        assert "permission" in caught.value.remedy
        Path(folder).chmod(0o755)
        assert len(place.open().lookup([a_request(1)], MODEL)) == 1
        place.close()


def test_a_full_disk_is_a_clear_error(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    ledger.record(pairs(1))
    file = ledger.database.file
    assert file is not None
    with largest_file(file.stat().st_size + 4096):
        with pytest.raises(LedgerError, match=r"full|disk I/O error") as caught:
            ledger.record(pairs(*range(2, 2_000)))
        assert "disk" in caught.value.remedy
    assert len(list(ledger.entries())) == 1, "all or nothing"
    ledger.record(pairs(*range(2, 2_000)))
    assert len(list(sqlite_place.open().entries())) == 1_999


def test_many_threads_record_at_once(ledger: GenerationLedger) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 10):
            ledger.record(pairs(number, number + 5))  # another thread records half of them too

    threads = [threading.Thread(target=work, args=(10 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(ledger.entries(superseded=True))) == 85


def test_a_closed_ledger_can_be_used_again(ledger: GenerationLedger) -> None:
    ledger.record(pairs(1))
    ledger.close()
    ledger.close()
    assert len(ledger.lookup([a_request(1)], MODEL)) == 1


def test_commits_reach_the_disk(sqlite_place: Place) -> None:
    """A power cut keeps what was recorded: write-ahead log, synced at every commit."""
    ledger = sqlite_place.open()
    pragmas = ("journal_mode", "synchronous")
    found = ledger.database.read(
        lambda c: [c.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
    )
    assert found == ["wal", 2]
    assert Path(f"{ledger.database.file}-wal").exists()
