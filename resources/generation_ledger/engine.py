"""The open database of a ledger: its URL and password, its transactions, and reconnecting.

Which statements run in a transaction belongs to `store` and its neighbours; versions of the
schema belong to `upgrade`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from resources.credentials import read_secret
from resources.errors import LedgerError
from resources.generation_ledger.database_errors import is_passing, ledger_error
from resources.redaction import SECRET_OPTIONS

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0

_VANISHED_SECONDS: Final = 30
"""Seconds of silence after which a connection counts as lost, here and on the server."""

_SIGNS_OF_LIFE: Final = (
    f"-c tcp_keepalives_idle={_VANISHED_SECONDS // 3} "
    f"-c tcp_keepalives_interval={_VANISHED_SECONDS // 3} "
    "-c tcp_keepalives_count=2"
)
"""Keep-alive options for the server: the locks of a vanished machine would stay for hours."""

_WRITES: Final = "ledger_writes"


def resolve_url(url: str, password_env: str | None, password_file: str | None = None) -> URL:
    """Return the URL to connect to, with the password from the environment or from a file.

    Raises:
        LedgerError: The URL is not usable or contains a password.
        ConfigurationError: The password cannot be read.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError(
            "the ledger's URL is not a valid SQLAlchemy URL.",
            remedy="Write sqlite:///path/to/ledger.db or postgresql+psycopg2://user@host/database.",
        ) from error
    where = parsed.render_as_string(hide_password=True)
    if parsed.password is not None or parsed.query.keys() & SECRET_OPTIONS:
        raise LedgerError(
            "the ledger's URL contains a password.",
            where=parsed.set(query={}).render_as_string(hide_password=True),
            remedy="Put it into an environment variable and set password_env to its name, or into a"
            " file and set password_file.",
        )
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerError("a ledger must be in SQLite or PostgreSQL.", where=where)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise LedgerError(
            "a ledger in memory would be lost.", where=where, remedy="Put a file into the URL."
        )
    password = read_secret(
        "the password of the ledger's database",
        where=where,
        variable=password_env,
        file=password_file,
    )
    if password is not None and parsed.get_backend_name() == "sqlite":
        raise LedgerError(
            "a SQLite file has no password.",
            where=where,
            remedy="Remove password_env and password_file, or use the URL of a PostgreSQL"
            " database.",
        )
    return parsed if password is None else parsed.set(password=password)


class Database:
    """An open database; thread-safe.

    Args:
        url: From `resolve_url`.
        busy_seconds: How long a statement waits for another process's lock.
        reconnect_seconds: How long to wait for a database server that went away.
        import_command: The command that imports an export, named if the ledger is damaged.

    Attributes:
        where: The URL without its password, for errors and reports.
        file: The file of a SQLite ledger; `None` for PostgreSQL.
    """

    def __init__(
        self, url: URL, *, busy_seconds: float, reconnect_seconds: float, import_command: str
    ) -> None:
        self.where = url.render_as_string(hide_password=True)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.file = Path(url.database or "") if self.is_sqlite else None
        self._inode: int | None = None
        self._reconnect_seconds = reconnect_seconds
        self._import_command = import_command
        # SQLite polls its own lock; waiting here first keeps many threads fast and fair.
        self._one_writer = threading.Lock()
        self.engine = self._create_engine(url, busy_seconds)

    def read(self, work: Callable[[Connection], T], *, snapshot: bool = False) -> T:
        """Run `work` in a transaction that only reads.

        Args:
            work: Reads through the connection it is given.
            snapshot: Whether all statements see the database as it was at the first one.

        Raises:
            LedgerError: The database cannot be read.
        """
        options: dict[str, Any] = {}
        if snapshot and not self.is_sqlite:  # there every transaction is a snapshot
            options["isolation_level"] = "REPEATABLE READ"
        return self.reconnecting(lambda: self._transaction(work, options))

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; everything is durable when this returns.

        `work` must be safe to repeat: if the connection is lost during the commit, it may or may
        not have taken effect.

        Raises:
            LedgerError: The database cannot be written; `work` has had no effect.
        """
        return self.reconnecting(lambda: self._transaction(work, {_WRITES: True}))

    def reconnecting(self, act: Callable[[], T]) -> T:
        """Run `act`, and repeat it while a database server's error may be temporary.

        Raises:
            LedgerError: The error lasted too long, or is not temporary.
        """
        deadline = time.monotonic() + self._reconnect_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return act()
            except DBAPIError as error:
                may_pass = not self.is_sqlite and is_passing(error)
                if not may_pass or time.monotonic() + pause > deadline:
                    raise ledger_error(error, self.where, self._import_command) from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _create_engine(self, url: URL, busy_seconds: float) -> Engine:
        try:
            if self.file is None:
                # Notice a lost connection before it is used, not in the middle of a write.
                return create_engine(
                    url,
                    pool_pre_ping=True,
                    hide_parameters=True,
                    connect_args={
                        "connect_timeout": 10,
                        "application_name": "generation_ledger",
                        "options": f"-c lock_timeout={round(busy_seconds * 1000)} {_SIGNS_OF_LIFE}",
                        "keepalives_idle": _VANISHED_SECONDS,
                        "tcp_user_timeout": _VANISHED_SECONDS * 1000,
                    },
                )
            self.file.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(
                url, hide_parameters=True, connect_args={"timeout": busy_seconds}
            )
        except (NoSuchModuleError, ImportError) as error:
            raise LedgerError(
                f"the database driver is missing: {error}.",
                where=self.where,
                remedy="Install it, or write postgresql+psycopg2:// or sqlite:///.",
            ) from error
        except OSError as error:
            raise LedgerError(
                f"the ledger's folder cannot be created: {error.strerror}.",
                where=self.where,
                remedy="Give this user permission there, or fix the ledger's URL.",
            ) from error
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _transaction(self, work: Callable[[Connection], T], options: dict[str, Any]) -> T:
        alone = self.is_sqlite and options.get(_WRITES, False)
        turn = self._one_writer if alone else nullcontext()
        self._check_file()
        with turn, self.engine.connect() as raw:
            connection = raw.execution_options(**options)
            with connection.begin():
                result = work(connection)
        self._check_file()
        return result

    def _check_file(self) -> None:
        """Refuse to continue in a file that was deleted or replaced: answers would be lost."""
        if self.file is None:
            return
        try:
            inode = self.file.stat().st_ino
        except FileNotFoundError:
            inode = None
        except OSError as error:
            raise LedgerError(
                f"the ledger's file cannot be reached: {error.strerror}.",
                where=self.where,
                remedy="Give this user permission there, or fix the ledger's URL.",
            ) from error
        if self._inode is None:
            self._inode = inode
        if inode != self._inode:
            raise LedgerError(
                "the ledger's file was removed or replaced while it was in use.",
                where=self.where,
                remedy="Restore the file, or let the next run create a new one; then run again.",
            )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a new SQLite connection: we begin transactions, and commits reach the disk."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a reader that turns writer midway can only fail."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
