"""Dagster's SQLite event log, for a third less processor time a run.

Dagster makes a new SQLAlchemy engine and a new connection for each statement, several for each of
the hundred and more events of a run. An engine compiles every statement anew, and closing the last
connection of a database writes its log back. Here engines are kept, and so is the connection to the
index. Connections to the database of a run are closed as before: the change of its file is how the
web UI notices new events. The files are the same, so an instance can go from one class to the
other and back.

`dagster.yaml` names the class under `event_log_storage`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from dagster import EventLogEntry
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine

_BUSY_SECONDS = 30
"""How long a connection waits for another that writes; as long as Dagster's own."""
_ENGINES = 16
"""A process writes one run and the index; the web UI reads some more."""


class SqliteEventLog(SqliteEventLogStorage):
    """The event log storage of an instance; one database for each run, and one index.

    Args:
        base_dir: Folder of the databases.
        inst_data: How the instance was configured; given by Dagster.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._one_at_a_time = threading.RLock()
        self._known: set[str] = set()
        self._begun: dict[str, Connection] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> SqliteEventLog:
        """Return the storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **config_value)

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
        with self.index_connection() if _in_index(event) else nullcontext():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store the events of a run, all or none, in one transaction of each database.

        Args:
            events: Events of one run.
        """
        with self.run_connection(events[0].run_id), self.index_connection():
            for event in events:
                self.store_event(event)

    def wipe(self) -> None:
        """Delete all events."""
        self._known.clear()
        super().wipe()

    def dispose(self) -> None:
        """Close the connection to the index; a later use opens it again."""
        _engine(self.conn_string_for_shard(INDEX_SHARD_NAME), os.getpid(), keep=True).dispose()
        super().dispose()

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
            with super().run_connection(shard):
                self._known.add(shard)  # Dagster has made the tables
        url = self.conn_string_for_shard(shard)
        engine = _engine(url, os.getpid(), keep=shard == INDEX_SHARD_NAME)
        with engine.begin() as connection:
            yield connection


def _in_index(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS | ASSET_CHECK_EVENTS


@lru_cache(maxsize=_ENGINES)
def _engine(url: str, _process: int, *, keep: bool) -> Engine:
    """Return the engine of a database; a forked process, which must not share it, has its own."""
    return create_engine(
        url,
        poolclass=QueuePool if keep else NullPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
