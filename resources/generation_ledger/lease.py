"""One holder at a time of a named piece of work, across threads, processes and machines.

Two simultaneous runs of the same partition would ask everything twice. With a lease the second run
blocks, then finds the first run's answers in the ledger. The operating system or the database
server releases a lease when its holder dies, so there is nothing to expire or clean up.

A database server that restarts or drops a connection releases the leases of live holders. They
retake their leases before waiting runs may try; a holder that is too late gets an error at the end.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from resources.errors import LedgerError
from resources.generation_ledger.engine import Database

POLL_SECONDS: Final = 0.2

KEEP_SECONDS: Final = 2.0
"""Seconds between two checks that the database server still holds a lease."""

RETURN_SECONDS: Final = 10.0
"""For this many seconds after a database server came back, only former holders may lock."""


@contextmanager
def lease(
    database: Database, name: str, waiting: Callable[[], None] | None, wait_seconds: float | None
) -> Iterator[None]:
    """Hold the lease `name` while the block runs; it is not reentrant.

    Args:
        database: The open ledger; all its users share its leases.
        name: What the lease is for, e.g. an asset and a partition.
        waiting: Called once before the wait, if another run holds the lease.
        wait_seconds: When to give up; `None` waits until the holder is done or dead.

    Raises:
        LedgerError: Another run still holds the lease after `wait_seconds`, or took it after the
            database server lost ours, or the database fails.
    """
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).digest()
    file = database.file
    held = _server_lock(database, name, digest) if file is None else _file_lock(file, digest)
    with held as try_lock:
        deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
        told = False
        while not try_lock():
            if waiting is not None and not told:
                waiting()
            told = True
            if deadline is not None and time.monotonic() >= deadline:
                raise LedgerError(
                    f"another run is still working on {name}.",
                    where=database.where,
                    remedy="Wait for it to end or cancel it, then run again.",
                )
            time.sleep(POLL_SECONDS)
        yield


@contextmanager
def _file_lock(ledger: Path, digest: bytes) -> Iterator[Callable[[], bool]]:
    """Yield a function that tries to lock a small file beside a SQLite ledger."""
    folder = ledger.with_name(f"{ledger.name}.leases")
    path = folder / digest.hex()[:32]
    # A soft lock would outlive a killed holder; a thread-local one could not be released here if
    # another thread took it.
    lock = FileLock(path, thread_local=False, fallback_to_soft=False)

    def try_lock() -> bool:
        try:
            folder.mkdir(exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise LedgerError(
                f"a lease cannot be taken: {error.strerror}.",
                where=str(path),
                remedy="Give this user write permission on the ledger's folder.",
            ) from error
        return True

    try:
        yield try_lock
    finally:
        if lock.is_locked:
            # Removed while locked: a waiter that locks the removed file notices and retries.
            path.unlink(missing_ok=True)
            lock.release()


@contextmanager
def _server_lock(database: Database, name: str, digest: bytes) -> Iterator[Callable[[], bool]]:
    """Yield a function that tries to take an advisory lock and keep it until the block ends."""
    lock = _ServerLock(database, int.from_bytes(digest[:8], "big", signed=True))
    try:
        yield lock.try_first
        if not lock.still_held():
            raise LedgerError(
                f"the database server lost this run's lease on {name}, and another run is now"
                " working on it.",
                where=database.where,
                remedy="Run again when the other run has ended: every answer is in the ledger.",
            )
    finally:
        lock.close()


class _ServerLock:
    """An advisory lock on its own connection, retaken if that connection breaks."""

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._number = number
        self._connection: Connection | None = None
        self._connected_at = 0.0
        self._was_broken = False
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="lease", daemon=True)

    def try_first(self) -> bool:
        """Try to take a lock that another run may hold; once taken, it is kept."""
        if not self._database.reconnecting(lambda: self._try(after=RETURN_SECONDS)):
            return False
        self._keeper.start()
        return True

    def still_held(self) -> bool:
        """Stop keeping the lock; return whether it is held at this moment."""
        self._stop()
        return self._database.reconnecting(self._try)

    def close(self) -> None:
        """Release the lock."""
        self._stop()
        self._drop()

    def _try(self, after: float = 0.0) -> bool:
        """Take the lock, or retake it if it is ours.

        Args:
            after: Age in seconds that a replacement connection must reach before it may try.
        """
        try:
            if self._connection is None:
                self._connection = self._database.engine.connect()
                self._connection.execution_options(isolation_level="AUTOCOMMIT")
                self._connection.detach()  # never returned to the pool; closed for good
                self._connected_at = time.monotonic()
            if self._was_broken and time.monotonic() < self._connected_at + after:
                return False
            statement = text("SELECT pg_try_advisory_lock(:number)")
            return bool(self._connection.execute(statement, {"number": self._number}).scalar_one())
        except DBAPIError:
            self._was_broken = True
            self._drop()
            raise

    def _keep(self) -> None:
        while not self._ended.wait(KEEP_SECONDS):
            with suppress(DBAPIError):  # tried again; a lasting error is raised in the end
                self._try()

    def _stop(self) -> None:
        self._ended.set()
        if self._keeper.is_alive():
            self._keeper.join()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
