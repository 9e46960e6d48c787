"""Reclaim space: remove rows that no run will look up again.

An answer that counts is never removed unless its model is named.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Delete, and_, delete, or_, select, tuple_

from resources.generation_ledger.engine import Database
from resources.generation_ledger.judgements import forget_judgements
from resources.generation_ledger.moments import timestamp
from resources.generation_ledger.schema import GenerationRow, VerdictRow
from resources.generation_ledger.store import in_chunks


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be.

    Attributes:
        superseded: Number of rows that a newer one superseded.
        failed: Number of failures.
        answers: Number of answers of the given model.
        verdicts: Number of verdicts by validators other than the current one, on answers that stay.
    """

    superseded: int
    failed: int
    answers: int
    verdicts: int

    @property
    def total(self) -> int:
        """Number of rows of all kinds."""
        return self.superseded + self.failed + self.answers + self.verdicts


def prune(
    database: Database,
    *,
    before: datetime | None,
    model: str | None,
    validator: str | None,
    dry_run: bool,
) -> Pruned:
    """Remove superseded rows, failures, and what a given model or validator makes obsolete.

    Verdicts on removed answers are removed with them.

    Args:
        database: The open ledger.
        before: Only what was recorded or judged earlier; None for everything.
        model: A retired model, whose answers are removed too.
        validator: The current validator; verdicts of all others are removed too. None keeps all
            verdicts.
        dry_run: Only count.
    """
    obsolete = _obsolete_generations(before, model)
    statement = select(GenerationRow.id, GenerationRow.status, GenerationRow.superseded_at)
    rows = database.read(lambda c: c.execute(statement.where(obsolete)).all())
    superseded = sum(row.superseded_at is not None for row in rows)
    failed = sum(row.superseded_at is None and row.status == "failed" for row in rows)
    going = {row.id for row in rows}
    judged = database.read(lambda c: _outdated_verdicts(c, before, validator))
    verdicts = [one for one in judged if one[0] not in going]
    if not dry_run:
        # In pieces, so that runs can record in between: what is obsolete now stays obsolete.
        for ids in in_chunks(sorted(going)):
            _delete(database, delete(GenerationRow).where(GenerationRow.id.in_(ids)))
        for piece in in_chunks(verdicts):
            key = tuple_(VerdictRow.generation_id, VerdictRow.validator)
            _delete(database, delete(VerdictRow).where(key.in_(piece)))
        database.write(partial(forget_judgements, validator=validator))
        if database.file is not None:
            _compact(database, database.file)
    return Pruned(superseded, failed, len(rows) - superseded - failed, len(verdicts))


def _obsolete_generations(before: datetime | None, model: str | None) -> ColumnElement[bool]:
    """Return the condition on which a generation is removed."""
    obsolete = or_(
        GenerationRow.superseded_at.is_not(None),
        GenerationRow.status == "failed",
        GenerationRow.model == model,  # every row has a model: None matches nothing
    )
    if before is None:
        return obsolete
    return and_(obsolete, GenerationRow.recorded_at < timestamp(before))


def _outdated_verdicts(
    connection: Connection, before: datetime | None, validator: str | None
) -> list[tuple[str, str]]:
    """Return the keys of verdicts by validators other than the current one."""
    if validator is None:
        return []
    statement = select(VerdictRow.generation_id, VerdictRow.validator).where(
        VerdictRow.validator != validator
    )
    if before is not None:
        statement = statement.where(VerdictRow.judged_at < timestamp(before))
    return [(row.generation_id, row.validator) for row in connection.execute(statement)]


def _delete(database: Database, statement: Delete) -> None:
    database.write(partial(Connection.execute, statement=statement))


def _compact(database: Database, file: Path) -> None:
    """Shrink a SQLite file, which otherwise keeps the space of removed rows.

    That takes seconds per gigabyte, during which no other process can record. So the file is left
    alone while others have it open; later rows reuse the space.
    """
    database.close()  # our own idle connections have it open too
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as alone,
    ):
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        alone.execute("VACUUM")
