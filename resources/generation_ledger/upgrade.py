"""Upgrades a ledger's tables to the version this code knows; a newer ledger is left alone.

The steps themselves are Alembic revisions in `migrations/versions`.
"""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from resources.errors import LedgerError
from resources.generation_ledger.engine import Database

VERSIONS: Final = ("0001", "0002", "0003", "0004", "0005")
"""Every schema version, oldest first."""

VERSION_TABLE: Final = "ledger_version"
"""Not Alembic's default name: Dagster's own tables may be in the same database."""

POLL_SECONDS: Final = 0.02

_UPGRADE_LOCK: Final = 0x72656C67656E
"""PostgreSQL advisory lock held while upgrading; any otherwise unused number."""


def open_current(database: Database) -> None:
    """Ensure that the ledger has this code's tables: create them, upgrade them, or refuse.

    Raises:
        LedgerError: The ledger was written by newer code, or cannot be opened.
    """
    if database.is_sqlite:
        _enable_write_ahead_log(database)
    version = database.read(lambda connection: _version(connection))
    if version == VERSIONS[-1]:
        return
    database.write(lambda connection: _upgrade(connection, database.where))


def ledger_version(connection: Connection) -> str:
    """Return the schema version of an open ledger."""
    return _version(connection) or ""


def migrate(connection: Connection, target: str = VERSIONS[-1]) -> None:
    """Run the migrations up to `target` in the transaction of `connection`."""
    # Imported late: Alembic takes a third of a second, and most ledgers need no upgrade.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", f"{__package__}:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def _upgrade(connection: Connection, where: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    version = _version(connection)  # again, under the lock: another process may have been first
    if version is not None and version not in VERSIONS:
        raise LedgerError(
            f"the ledger has schema version {version}; this code knows {VERSIONS[-1]} at most.",
            where=where,
            remedy="Install the newer version of this project, or use another ledger.",
        )
    migrate(connection)


def _enable_write_ahead_log(database: Database) -> None:
    """Switch a SQLite file to write-ahead logging: readers and the writer do not block."""

    def switch(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # the mode cannot change within a transaction
        busy_seconds = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() / 1000
        deadline = time.monotonic() + busy_seconds
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                break
            except OperationalError as error:  # here SQLite does not wait for other writers
                if "locked" not in str(error.orig) or time.monotonic() >= deadline:
                    raise
            time.sleep(POLL_SECONDS)
        connection.exec_driver_sql("BEGIN")

    mode = database.read(lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar())
    if mode != "wal":
        database.read(switch)
