"""The Dagster resource: configuration and life cycle of a ledger, and nothing else.

Each method is one call into the module that does the work.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

from dagster import ConfigurableResource, InitResourceContext
from pydantic import Field, PrivateAttr
from sqlalchemy import Engine

from resources.former_names import accept_former_names
from resources.generation import Failure, Generation, GenerationRequest
from resources.generation_ledger import (
    entries,
    judgements,
    pruning,
    stats,
    store,
    transfer,
    verdicts_and_grants,
    yields,
)
from resources.generation_ledger.engine import Database, resolve_url
from resources.generation_ledger.entries import LedgerEntry
from resources.generation_ledger.judgements import KeptJudgement
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.lease import lease
from resources.generation_ledger.options import LedgerOptions
from resources.generation_ledger.pruning import Pruned
from resources.generation_ledger.schema import GenerationRow, plain
from resources.generation_ledger.stats import LedgerStats
from resources.generation_ledger.store import Transcript
from resources.generation_ledger.transfer import Transferred
from resources.generation_ledger.upgrade import open_current
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict
from resources.generation_ledger.yields import EndpointYield
from resources.storage import shown

FORMER_NAMES: Final = {"patience_seconds": "reconnect_seconds"}


class GenerationLedger(LedgerOptions, ConfigurableResource[None]):
    """Completed generations in SQLite or PostgreSQL, shared by all endpoints and runs.

    Opened on first use, so that a fault is one of the step that meets it, with its own message.
    Usable from any thread, any number of processes, and without Dagster.
    Every method raises `LedgerError` if the database cannot do what was asked.
    """

    busy_seconds: float = Field(
        default=30.0,
        ge=0,
        description="How long to wait for another process's lock on the ledger.",
    )
    reconnect_seconds: float = Field(
        default=30.0, ge=0, description="How long to wait for a PostgreSQL server that went away."
    )
    scope: str = Field(
        default="",
        description="Keeps leases and grants apart from those of others that use the same database;"
        " answers are shared. Without one, the grants of all count.",
    )
    import_command: str = Field(
        default="GenerationLedger.import_from",
        description="The command that imports an export, named if the ledger is damaged.",
    )

    _opening: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _database: Database | None = PrivateAttr(None)

    # Written out, because type checkers do not see the inherited options in Dagster's `__init__`.
    def __init__(self, **values: Any) -> None:
        super().__init__(**accept_former_names(values, FORMER_NAMES))

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        # A password does not belong in the URL; if there is one, it is not shown.
        for name, value in super().__repr_args__():
            yield name, shown(value) if name == "url" else value

    @property
    def database(self) -> Database:
        """The open database, with tables of the current version."""
        with self._opening:
            if self._database is None:
                database = Database(
                    resolve_url(self.url, self.password_env, self.password_file),
                    busy_seconds=self.busy_seconds,
                    reconnect_seconds=self.reconnect_seconds,
                    import_command=self.import_command,
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
        """The SQLAlchemy engine, for custom reports."""
        return self.database.engine

    def teardown_after_execution(self, _context: InitResourceContext) -> None:
        """Close the connections of a run."""
        self.close()

    def close(self) -> None:
        """Close all connections; the next use reopens the ledger."""
        with self._opening:
            if self._database is not None:
                self._database.close()
                self._database = None

    def lookup(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, Generation]:
        """Return the known answers, by the subject of their request.

        Args:
            requests: The requests; their subjects are unique.
            model: Identity of the model that would answer.
        """
        subjects: dict[str, list[str]] = defaultdict(list)
        for request in requests:
            subjects[generation_key(request, model)].append(request.subject)
        if not subjects:
            return {}
        return self.database.read(lambda c: store.find_answers(c, subjects, self.renew_before))

    def latest_model(self, endpoints: Collection[str]) -> str | None:
        """Return the model of the newest answer of any of these endpoints; `None` without one."""
        return self.database.read(lambda c: store.find_latest_model(c, endpoints))

    def calls(self, keys: Iterable[str]) -> dict[str, Transcript]:
        """Return the transcripts of calls, by key; unknown keys are left out."""
        return self.database.read(lambda c: store.find_calls(c, sorted(set(keys))))

    def failures(self, keys: Iterable[str]) -> dict[str, Failure]:
        """Return why requests were set aside, by key; those answered since are left out."""
        return self.database.read(lambda c: store.find_failures(c, sorted(set(keys))))

    def record(self, answers: Sequence[tuple[GenerationRequest, Generation]]) -> None:
        """Write answers in one transaction; they are durable when this returns.

        An answer whose key is known changes nothing. The key is computed with the answer's own
        `model`, which must therefore be the identity passed to `lookup`.

        Args:
            answers: Requests with their answers.
        """
        rows = [store.answer_row(request, generation) for request, generation in answers]
        if rows:
            self.database.write(lambda c: store.record_rows(c, rows, self.renew_before))

    def record_failure(self, request: GenerationRequest, failure: Failure, model: str) -> None:
        """Record that a request was set aside; the next run asks it again.

        A failure never replaces an answer.

        Args:
            request: The request.
            failure: Why there is no answer.
            model: Identity of the model that should have answered.
        """
        rows = [store.failure_row(request, failure, model)]
        self.database.write(lambda c: store.record_rows(c, rows, None))

    def discard(
        self, request: GenerationRequest, answer: Generation, reason: str, context: int | None
    ) -> None:
        """Keep an answer that counts for nothing.

        Args:
            request: The request; the next run asks it again, except of what gave this answer.
            answer: The answer.
            reason: Why it is thrown away, as a code.
            context: Context in tokens that cut the prompt, if that is the reason.
        """
        row = store.discarded_row(request, answer, reason, context)
        self.database.write(lambda c: store.insert_discarded(c, row))

    def outgrown(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, int]:
        """Return the largest context in tokens known to cut the prompt of a request, by subject.

        Args:
            requests: The requests.
            model: Identity of the model.
        """
        subjects = {generation_key(request, model): request.subject for request in requests}
        if not subjects:
            return {}
        found = self.database.read(lambda c: store.find_outgrown(c, list(subjects)))
        return {subjects[key]: context for key, context in found.items()}

    def record_verdicts(self, judged: Sequence[RecordedVerdict]) -> int:
        """Write the verdicts of a validation, replacing its earlier ones.

        Returns:
            How many were written; verdicts on unknown keys are left out.
        """
        return self.database.write(lambda c: verdicts_and_grants.record_verdicts(c, judged))

    def judgements(self, validator: str, subjects: Sequence[str]) -> dict[str, Any]:
        """Return what a validator made of answers about the subjects, by its digest."""
        return self.database.read(lambda c: judgements.find_judgements(c, validator, subjects))

    def keep_judgements(self, validator: str, judged: Sequence[KeptJudgement]) -> None:
        """Keep what a validator made of answers; a digest that is known changes nothing."""
        if judged:
            self.database.write(lambda c: judgements.keep_judgements(c, validator, judged))

    def grant_attempts(self, task: str, subjects: Sequence[str], attempts: int) -> None:
        """Raise the total of content attempts that subjects may take; earlier attempts stay.

        Args:
            task: The kind of work.
            subjects: What to ask about again, e.g. rejected chunks.
            attempts: Total attempts, including those already made; a higher grant stays.
        """
        self.database.write(
            lambda c: verdicts_and_grants.grant_attempts(c, task, subjects, attempts, self.scope)
        )

    def granted_attempts(self, task: str, subjects: Sequence[str]) -> dict[str, int]:
        """Return the total of allowed attempts, by subject, for subjects with a grant."""
        return self.database.read(
            lambda c: verdicts_and_grants.granted_attempts(c, task, subjects, self.scope)
        )

    def attempts_made(
        self, task: str, subjects: Sequence[str], model: str | None = None
    ) -> dict[str, int]:
        """Return the highest attempt in the ledger, by subject; unknown subjects are left out.

        Args:
            task: The kind of work.
            subjects: The subjects to look up.
            model: Only attempts of this model.
        """
        return self.database.read(
            lambda c: verdicts_and_grants.attempts_made(c, task, subjects, model)
        )

    def entries(
        self,
        task: str | None = None,
        subject: str | None = None,
        model: str | None = None,
        partition: str | None = None,
        *,
        superseded: bool = False,
    ) -> Iterator[LedgerEntry]:
        """Yield the entries of the ledger, oldest first, read page by page.

        Args:
            task: Only this kind of work.
            subject: Only this subject.
            model: Only this model.
            partition: Only calls made for this partition.
            superseded: Whether to include superseded rows.
        """
        wanted = {
            GenerationRow.task: task,
            GenerationRow.subject: None if subject is None else plain(subject),
            GenerationRow.model: model,
            GenerationRow.partition: partition,
        }
        conditions = [column == value for column, value in wanted.items() if value is not None]
        if not superseded:
            conditions.append(GenerationRow.superseded_at.is_(None))
        return entries.entries(self.database, *conditions)

    def show(self, key: str) -> list[LedgerEntry]:
        """Return all rows of a key, oldest first; an unambiguous prefix is enough."""
        return entries.show(self.database, key)

    def stats(self) -> LedgerStats:
        """Return the whole ledger in numbers."""
        return stats.ledger_stats(self.database)

    def endpoint_yields(self) -> dict[str, EndpointYield]:
        """Return how many answers of each endpoint could be used, by its name."""
        return yields.endpoint_yields(self.database)

    def export(self, folder: str) -> Transferred:
        """Write the whole ledger to a folder of parquet files, local or on any fsspec URL."""
        return transfer.export_ledger(self.database, folder)

    def import_from(self, folder: str) -> Transferred:
        """Import an export; an empty ledger then equals the exported one, in either database."""
        return transfer.import_ledger(self.database, folder)

    def prune(
        self,
        *,
        before: datetime | None = None,
        model: str | None = None,
        validator: str | None = None,
        dry_run: bool = False,
    ) -> Pruned:
        """Remove superseded rows, failures, and what a given model or validator makes obsolete.

        Args:
            before: Only what was recorded earlier; by default everything.
            model: A retired model, whose answers are removed too.
            validator: The current validator; verdicts of all others are removed too.
            dry_run: Only count.
        """
        return pruning.prune(
            self.database, before=before, model=model, validator=validator, dry_run=dry_run
        )

    def lease(
        self,
        name: str,
        *,
        waiting: Callable[[], None] | None = None,
        wait_seconds: float | None = None,
    ) -> AbstractContextManager[None]:
        """Return a context that only one user of this ledger can be in at a time.

        Args:
            name: The work that must not run twice at once, e.g. an asset and a partition.
            waiting: Called once before the wait, if another run holds the lease.
            wait_seconds: When to give up; `None` waits until the holder is done or dead.
        """
        own = f"{name} of {self.scope}" if self.scope else name
        return lease(self.database, own, waiting, wait_seconds)
