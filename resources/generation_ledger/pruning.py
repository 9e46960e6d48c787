"""Giving room back: removes rows that no run will look up again.

An answer that counts is never removed unless its model is named.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import GenerationRow, timestamp


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
    superseded = GenerationRow.superseded_at.is_not(None)
    failed = and_(GenerationRow.superseded_at.is_(None), GenerationRow.status == "failed")
    answers = and_(
        GenerationRow.superseded_at.is_(None),
        GenerationRow.status == "completed",
        GenerationRow.model == model,  # no model named: no row is without one
    )
    old_enough: list[ColumnElement[bool]] = []
    if before is not None:
        old_enough.append(GenerationRow.recorded_at < timestamp(before))

    def work(connection: Connection) -> Pruned:
        counts = [
            connection.execute(
                select(func.count()).select_from(GenerationRow).where(condition, *old_enough)
            ).scalar_one()
            for condition in (superseded, failed, answers)
        ]
        if not dry_run:
            connection.execute(
                delete(GenerationRow).where(or_(superseded, failed, answers), *old_enough)
            )
        return Pruned(*counts)

    pruned = database.read(work) if dry_run else database.write(work)
    if database.is_sqlite and not dry_run:
        _compact(database)
    return pruned


def _compact(database: Database) -> None:
    """Shrink a SQLite file; it keeps the room of removed rows otherwise."""
    connection = database.engine.raw_connection()
    try:
        # Needs the file for itself. Where other processes use it, later rows take the room.
        with suppress(sqlite3.OperationalError):
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
    finally:
        connection.close()
