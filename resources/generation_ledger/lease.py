"""One holder at a time of a named piece of work, across threads, processes and machines.

Two runs of the same partition at once would ask everything twice. A lease lets the second wait
until the first is done; it then finds every answer in the ledger. The operating system or the
database server gives a lease back when its holder dies, so there is nothing to expire or clean.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from resources.errors import LedgerError
from resources.generation_ledger.engine import Database
from resources.generation_ledger.faults import ledger_error

POLL_SECONDS: Final = 0.2


@contextmanager
def lease(
    database: Database, name: str, waiting: Callable[[], None] | None, wait_seconds: float | None
) -> Iterator[None]:
    """Hold the lease `name` while the block runs. Whoever holds it must not ask for it again.

    Args:
        database: The open ledger; all that use it share its leases.
        name: What the lease is for, e.g. an asset and a partition.
        waiting: Called once when another holds the lease, before the wait.
        wait_seconds: Give up after so long; `None` waits until the holder is done or dead.

    Raises:
        LedgerError: Another still holds the lease after `wait_seconds`, or the database fails.
    """
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).digest()
    file = database.file
    held = _server_lock(database, digest) if file is None else _file_lock(file, digest)
    with held as try_lock:
        deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
        told = False
        while not try_lock():
            if waiting is not None and not told:
                waiting()
            told = True
            if deadline is not None and time.monotonic() >= deadline:
                raise LedgerError(
                    f"another run is still at work on {name}.",
                    where=database.where,
                    remedy="Wait until it has ended, or cancel it, then run again.",
                )
            time.sleep(POLL_SECONDS)
        yield


@contextmanager
def _file_lock(ledger: Path, digest: bytes) -> Iterator[Callable[[], bool]]:
    """Yield a function that tries to lock a small file beside a SQLite ledger."""
    folder = ledger.with_name(f"{ledger.name}.leases")
    path = folder / digest.hex()[:32]
    descriptor = -1

    def try_lock() -> bool:
        nonlocal descriptor
        try:
            folder.mkdir(exist_ok=True)
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise LedgerError(
                f"a lease cannot be taken: {error.strerror}.",
                where=str(path),
                remedy="Give this user write permission on the ledger's folder.",
            ) from error
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
            return False
        if not _is_same_file(opened, path):  # its last holder removed it in between
            os.close(opened)
            return False
        descriptor = opened
        return True

    try:
        yield try_lock
    finally:
        if descriptor >= 0:
            with suppress(FileNotFoundError):
                path.unlink()
            os.close(descriptor)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _server_lock(database: Database, digest: bytes) -> Iterator[Callable[[], bool]]:
    """Yield a function that tries an advisory lock on a connection of its own."""
    number = int.from_bytes(digest[:8], "big", signed=True)
    connection: Connection | None = None

    def try_lock() -> bool:
        nonlocal connection
        try:
            if connection is None:
                connection = database.engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT"
                )
                connection.detach()  # never handed to anybody else, and closed for good
            statement = text("SELECT pg_try_advisory_lock(:number)")
            return bool(connection.execute(statement, {"number": number}).scalar_one())
        except DBAPIError as error:
            raise ledger_error(error, database.where) from error

    try:
        yield try_lock
    finally:
        if connection is not None:
            connection.close()
