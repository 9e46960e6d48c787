"""Giving room back: removes rows that no run will look up again.

An answer that counts is never removed unless its model is named.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, and_, delete, or_, select

from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import GenerationRow, timestamp
from resources.generation_ledger.store import in_chunks


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be.

    Attributes:
        superseded: Rows another had taken over from.
        failed: Failures.
        answers: Answers of the named model.
    """

    superseded: int
    failed: int
    answers: int


def prune(
    database: Database, *, before: datetime | None, model: str | None, dry_run: bool
) -> Pruned:
    """Remove superseded rows and failures, and all answers of one model if named.

    Verdicts on removed answers go with them.

    Args:
        database: The open ledger.
        before: Only what was recorded earlier; everything when not given.
        model: A model that will not be used any more.
        dry_run: Only count.
    """
    wanted = or_(
        GenerationRow.superseded_at.is_not(None),
        GenerationRow.status == "failed",
        GenerationRow.model == model,  # no model named: no row is without one
    )
    if before is not None:
        wanted = and_(wanted, GenerationRow.recorded_at < timestamp(before))
    statement = select(GenerationRow.id, GenerationRow.status, GenerationRow.superseded_at)
    rows = database.read(lambda c: c.execute(statement.where(wanted)).all())
    superseded = sum(row.superseded_at is not None for row in rows)
    failed = sum(row.superseded_at is None and row.status == "failed" for row in rows)
    if not dry_run:
        # In pieces, between which runs can record: a row that is wanted now stays so.
        for ids in in_chunks([row.id for row in rows]):
            piece = delete(GenerationRow).where(GenerationRow.id.in_(ids))
            database.write(partial(Connection.execute, statement=piece))
        if database.file is not None:
            _compact(database, database.file)
    return Pruned(superseded, failed, len(rows) - superseded - failed)


def _compact(database: Database, file: Path) -> None:
    """Shrink a SQLite file; it keeps the room of removed rows otherwise.

    That takes seconds for each gigabyte. While others have the file open, they could record nothing
    for so long: then it is left as it is, and later rows take the room.
    """
    database.close()  # our own idle connections have it open as well
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as alone,
    ):
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        alone.execute("VACUUM")
