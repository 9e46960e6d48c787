"""The generation ledger: every completed generation, durable before it is used.

Configuration and life cycle only. The key is in `keys`, the tables in `schema`, the statements in
`store`, the database itself in `engine`.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from dagster import ConfigurableResource, InitResourceContext
from pydantic import Field, PrivateAttr
from sqlalchemy import Engine

from resources.generation_ledger import store
from resources.generation_ledger.engine import Database, resolve_url
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.upgrade import open_current
from resources.llama_server_pool.request import Failure, Generation, GenerationRequest

__all__ = ["GenerationLedger", "generation_key"]


class GenerationLedger(ConfigurableResource[None]):
    """Completed generations in SQLite or PostgreSQL, shared by every endpoint and every run.

    Opened on first use; usable from any thread, from any number of processes, and without
    Dagster. Every method raises `LedgerError` when the database cannot do what is asked.
    """

    url: str = Field(
        "sqlite:///.relgen/ledger.db",
        description="SQLAlchemy URL of SQLite or PostgreSQL, without password.",
    )
    password_env: str | None = Field(
        None, description="Name of the environment variable that holds the database password."
    )
    busy_seconds: float = Field(
        30.0, ge=0, description="How long to wait for another process's lock on a SQLite file."
    )
    patience_seconds: float = Field(
        30.0, ge=0, description="How long to wait for a PostgreSQL server that went away."
    )

    _opening: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _database: Database | None = PrivateAttr(None)

    @property
    def database(self) -> Database:
        """The open database, with the tables of this code's version."""
        with self._opening:
            if self._database is None:
                database = Database(
                    resolve_url(self.url, self.password_env),
                    busy_seconds=self.busy_seconds,
                    patience_seconds=self.patience_seconds,
                )
                try:
                    open_current(database)
                except BaseException:
                    database.close()
                    raise
                self._database = database
            return self._database

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for reports of one's own."""
        return self.database.engine

    def setup_for_execution(self, _context: InitResourceContext) -> None:
        """Open the ledger, so that a run fails before it has asked anything."""
        _ = self.database

    def teardown_after_execution(self, _context: InitResourceContext) -> None:
        """Close the connections of a run."""
        self.close()

    def close(self) -> None:
        """Close all connections; the next use opens the ledger again."""
        with self._opening:
            if self._database is not None:
                self._database.close()
                self._database = None

    def lookup(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, Generation]:
        """Return the answers that are known, by the subject of their request.

        Args:
            requests: What is to be asked; subjects are unique among them.
            model: Identity of the model that would answer.
        """
        subjects: dict[str, list[str]] = defaultdict(list)
        for request in requests:
            subjects[generation_key(request, model)].append(request.subject)
        if not subjects:
            return {}
        return self.database.read(lambda c: store.find_answers(c, subjects, None))

    def record(self, answers: Sequence[tuple[GenerationRequest, Generation]]) -> None:
        """Write answers in one transaction; they are durable when this returns.

        An answer whose key is known changes nothing. The key is computed with the answer's own
        `model`, which therefore has to be the identity that `lookup` is asked with.

        Args:
            answers: Requests with their answers.
        """
        rows = [store.answer_row(request, generation) for request, generation in answers]
        if rows:
            self.database.write(lambda c: store.record_rows(c, rows, None))

    def record_failure(self, request: GenerationRequest, failure: Failure, model: str) -> None:
        """Write down that a request was set aside; it is asked again by the next run.

        Args:
            request: What was asked.
            failure: Why there is no answer.
            model: Identity of the model that should have answered.
        """
        rows = [store.failure_row(request, failure, model)]
        self.database.write(lambda c: store.record_rows(c, rows, None))
