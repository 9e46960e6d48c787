"""Dagster's SQLite event log, for half the processor time an event.

Dagster makes a new SQLAlchemy engine and a new connection for each statement, several for each of
the hundred and more events of a run. An engine compiles every statement anew, and closing the last
connection of a database writes its log back. Here engines are kept, and so are the connections to
the index and to the run that this process writes, until that run ends. The web UI notices new
events by a change of the file of a run, so that file is touched after each. The database of a run
begins as a copy of an empty one instead of a migration.

A commit does not wait for the disk: after a power cut the last events may be missing, but what is
there is whole, also when the process is killed (SQLite's `synchronous=NORMAL`). The files are the
same, so an instance can go from one class to the other and back.

`dagster.yaml` names the class under `event_log_storage`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from dagster import EventLogEntry
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
)
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine
from sqlalchemy import event as sqlalchemy_event

from resources.dagster_home import below_home

_BUSY_SECONDS = 30
"""How long a connection waits for another that writes; as long as Dagster's own."""
_ENGINES = 16
"""A process writes one run and the index; the web UI reads some more."""


class SqliteEventLog(SqliteEventLogStorage):
    """The event log storage of an instance; one database for each run, and one index.

    Args:
        base_dir: Folder of the databases; a relative one in `dagster.yaml` begins in its home.
        inst_data: How the instance was configured; given by Dagster.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._one_at_a_time = threading.RLock()
        self._known: set[str] = set()
        self._begun: dict[str, Connection] = {}
        self._written: str | None = None
        self._empty: bytes | None = None
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> SqliteEventLog:
        """Return the storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **below_home(config_value))

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """Return a connection to the database of a run, which is made if there is none."""
        if run_id is None:
            raise ValueError("the events of a run are in a database of their own; give its id")
        return self._connected(run_id)

    def index_connection(self) -> AbstractContextManager[Connection]:
        """Return a connection to the database with the events of assets and checks of all runs."""
        return self._connected(INDEX_SHARD_NAME)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event; what is stored of it in the index is one transaction."""
        with self._writing([event]), self.index_connection() if _in_index(event) else nullcontext():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store the events of a run, all or none, in one transaction of each database.

        Args:
            events: Events of one run.
        """
        run_id = events[0].run_id
        with self._writing(events), self.run_connection(run_id), self.index_connection():
            for event in events:
                self.store_event(event)

    def wipe(self) -> None:
        """Delete all events."""
        self._known.clear()
        super().wipe()

    def dispose(self) -> None:
        """Close the connections; a later use opens them again."""
        with self._one_at_a_time:
            self._close(INDEX_SHARD_NAME)
            self._write_no_more()
        super().dispose()

    @contextmanager
    def _writing(self, events: Sequence[EventLogEntry]) -> Iterator[None]:
        """Keep the connection to the run that is written, one at a time, and tell its watchers."""
        run_id = events[0].run_id
        with self._one_at_a_time:
            if run_id in self._begun:  # within a transaction that tells of all its events
                yield
                return
            if run_id != self._written:
                self._write_no_more()
                self._written = run_id
            yield
            if any(map(_ends_a_run, events)):
                self._write_no_more()
            with suppress(FileNotFoundError):  # the run was deleted meanwhile
                os.utime(self.path_for_shard(run_id))

    def _write_no_more(self) -> None:
        if self._written is not None:
            self._close(self._written)
            self._written = None

    def _close(self, shard: str) -> None:
        _engine(self.conn_string_for_shard(shard), os.getpid(), keep=True).dispose()

    @contextmanager
    def _connected(self, shard: str) -> Iterator[Connection]:
        """Yield a connection in a transaction: a new one, or that of a surrounding block."""
        with self._one_at_a_time:
            if shard in self._begun:
                yield self._begun[shard]
                return
            with self._transaction(shard) as connection:
                self._begun[shard] = connection
                try:
                    yield connection
                finally:
                    del self._begun[shard]

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        if shard not in self._known:
            self._make_tables(shard)
            self._known.add(shard)
        url = self.conn_string_for_shard(shard)
        kept = shard in (INDEX_SHARD_NAME, self._written)
        with _engine(url, os.getpid(), keep=kept).begin() as connection:
            yield connection

    def _make_tables(self, shard: str) -> None:
        """Make the database of a run as Dagster does, after the first one as a copy of it."""
        path = Path(self.path_for_shard(shard))
        is_new = not path.exists() and bool(shard)  # no shard has the events that are of no run
        if is_new and self._empty is not None and _place(path, self._empty):
            return
        with super().run_connection(shard):
            pass
        if is_new and not Path(f"{path}-wal").exists():  # else it is open elsewhere, and not whole
            self._empty = path.read_bytes()


def _in_index(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS | ASSET_CHECK_EVENTS


def _ends_a_run(event: EventLogEntry) -> bool:
    if not event.is_dagster_event or event.dagster_event_type is None:
        return False
    return EVENT_TYPE_TO_PIPELINE_RUN_STATUS.get(event.dagster_event_type) in FINISHED_STATUSES


def _place(path: Path, content: bytes) -> bool:
    """Write a new file that no process sees half written; one that has come meanwhile stays.

    Returns:
        Whether the file is there now; not on a file system without hard links.
    """
    with NamedTemporaryFile(dir=path.parent) as file:
        file.write(content)
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return True
        except OSError:
            return False
    return True


@lru_cache(maxsize=_ENGINES)
def _engine(url: str, _process: int, *, keep: bool) -> Engine:
    """Return the engine of a database; a forked process, which must not share it, has its own."""
    engine = create_engine(
        url,
        poolclass=QueuePool if keep else NullPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    sqlalchemy_event.listen(engine, "connect", _without_waiting)
    return engine


def _without_waiting(connection: Any, _record: Any) -> None:
    """Let commits of a database with a write-ahead log leave the disk to the system."""
    connection.execute("PRAGMA synchronous=NORMAL")
