"""Schema versions: older ledgers are upgraded, newer ones left alone."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import MODEL, a_request, pairs
from resources.errors import LedgerError
from resources.generation_ledger import store
from resources.generation_ledger.engine import Database, resolve_url
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.schema import DERIVED_TABLES, LEASES, SLOT_TABLES, LedgerTable
from resources.generation_ledger.upgrade import VERSION_TABLE, VERSIONS, migrate
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict

TABLE = "ledger_generations"


def bare(place: Place) -> Database:
    """Return the database of a place as it is, without looking at its version."""
    url = resolve_url(place.url, place.password_env)
    return Database(url, busy_seconds=5, reconnect_seconds=5, import_command="import")


def test_the_migrations_lead_to_the_tables_of_the_code(ledger: GenerationLedger) -> None:
    declared = MetaData()
    for tables in (LedgerTable.metadata, DERIVED_TABLES, SLOT_TABLES):
        for table in tables.tables.values():
            table.to_metadata(declared)
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, declared) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_ledger_is_upgraded_with_its_answers(place: Place, version: str) -> None:
    database = bare(place)
    database.write(lambda connection: migrate(connection, version))
    rows = [store.answer_row(request, answer) for request, answer in pairs(1)]
    known = database.read(lambda c: {one["name"] for one in inspect(c).get_columns(TABLE)})
    rows = [{name: row[name] for name in row if name in known} for row in rows]
    database.write(lambda connection: store.record_rows(connection, rows, None))
    database.close()

    ledger = place.open()
    assert ledger.stats().version == VERSIONS[-1]
    assert list(ledger.lookup([a_request(1)], MODEL)) == [a_request(1).subject]
    key = generation_key(a_request(1), MODEL)
    assert ledger.record_verdicts([RecordedVerdict(key, "rules-1", "valid")]) == 1


def test_slot_leases_of_an_older_version_are_kept(place: Place) -> None:
    """Before version 0003 the pool created these two tables by itself."""
    database = bare(place)
    database.write(lambda connection: migrate(connection, "0002"))
    database.write(SLOT_TABLES.create_all)
    lease = {"endpoint": "http://gpu", "slot": 0, "holder": "run", "expires": 1.0}
    database.write(lambda connection: connection.execute(LEASES.insert(), [lease]))
    database.close()

    with place.open().engine.connect() as connection:
        assert [row.holder for row in connection.execute(LEASES.select())] == ["run"]


def test_a_newer_ledger_is_left_alone(place: Place) -> None:
    place.open().record(pairs(1))
    database = bare(place)
    database.write(lambda c: c.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
    with pytest.raises(
        LedgerError, match=rf"schema version 9999; this code knows {VERSIONS[-1]}"
    ) as caught:
        place.open().lookup([a_request(1)], MODEL)
    assert "newer version of this project" in caught.value.remedy
    database.write(
        lambda c: c.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{VERSIONS[-1]}'"))
    )
    database.close()
    assert len(place.open().lookup([a_request(1)], MODEL)) == 1


def test_many_may_open_a_new_ledger_at_once(place: Place) -> None:
    ledgers = [place.open() for _ in range(4)]
    faults: list[BaseException] = []
    together = threading.Barrier(len(ledgers))

    def work(number: int) -> None:
        try:
            together.wait()
            ledgers[number].record(pairs(number))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(ledgers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(list(place.open().entries())) == len(ledgers)


def test_opening_waits_for_another_process_that_creates_the_ledger(sqlite_place: Place) -> None:
    """SQLite does not wait by itself while the journal mode is switched."""
    database = bare(sqlite_place)
    database.write(lambda c: c.execute(text("CREATE TABLE notes (words TEXT)")))
    other = sqlite3.connect(str(database.file), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
    sqlite_place.open().record(pairs(1))
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    database.close()


def test_other_tables_of_the_database_do_not_matter(place: Place) -> None:
    """Dagster keeps its own tables, and Alembic's usual version table, in PostgreSQL."""
    database = bare(place)
    database.write(lambda c: c.execute(text("CREATE TABLE alembic_version (version_num TEXT)")))
    database.write(lambda c: c.execute(text("INSERT INTO alembic_version VALUES ('ours')")))
    place.open().record(pairs(1))
    names = database.read(lambda c: inspect(c).get_table_names())
    assert {name for name in names if name.startswith("ledger_")} == {
        *LedgerTable.metadata.tables,
        *DERIVED_TABLES.tables,
        VERSION_TABLE,
    }
    kept = database.read(lambda c: c.execute(text("SELECT * FROM alembic_version")).scalar_one())
    assert kept == "ours"
    database.close()
