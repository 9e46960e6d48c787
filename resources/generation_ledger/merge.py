"""Merges rows of another ledger: loses none of ours, and takes none of theirs twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, text, update

from resources.generation_ledger.moments import now
from resources.generation_ledger.schema import GenerationRow, GrantRow, VerdictRow
from resources.generation_ledger.store import in_chunks, insert_unless_known
from resources.generation_ledger.verdicts_and_grants import put_grant_rows, put_verdict_rows


def merge_rows(
    connection: Connection, table: str, rows: Sequence[dict[str, Any]], replaced: dict[str, str]
) -> int:
    """Merge rows of one table; return how many generations were new or superseded ours.

    Args:
        connection: In a writing transaction.
        table: Name of the table.
        rows: Values by column, in the order of ids over all calls.
        replaced: When their rows were superseded, by id: one mapping for all calls, empty at first.
    """
    if table == VerdictRow.__tablename__:
        put_verdict_rows(connection, rows)
        return 0
    if table == GrantRow.__tablename__:
        put_grant_rows(connection, rows)
        return 0
    if connection.dialect.name == "postgresql":  # SQLite's transactions keep other writers out
        connection.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    return sum(_merge_generations(connection, piece, replaced) for piece in in_chunks(rows))


def _merge_generations(
    connection: Connection, rows: Sequence[dict[str, Any]], replaced: dict[str, str]
) -> int:
    """Insert the unknown rows; at most one row per key counts afterwards.

    Of two rows that both count, an answer beats a failure. Otherwise ours beats theirs, unless they
    knew ours and had superseded it: then theirs supersedes it here too, in the same transaction.
    """
    replaced.update({row["id"]: row["superseded_at"] for row in rows if row["superseded_at"]})
    known = _known(connection, [row["id"] for row in rows])
    current = _current(connection, [row["key"] for row in rows])
    outdated: list[str] = []  # our rows that a row of theirs supersedes
    new: list[dict[str, Any]] = []
    for row in rows:
        key, counts = row["key"], row["superseded_at"] is None
        if row["id"] in known:
            continue
        if counts and key in current:
            our_id, our_status = current[key]
            answer_for_failure = (our_status, row["status"]) == ("failed", "completed")
            if answer_for_failure or (our_id in replaced and our_status == row["status"]):
                outdated.append(our_id)
            else:
                counts = False
        if counts:
            current[key] = (row["id"], row["status"])
        new.append(row if counts or row["superseded_at"] else {**row, "superseded_at": now()})
    for row_id in outdated:
        connection.execute(
            update(GenerationRow)
            .where(GenerationRow.id == row_id)
            .values(superseded_at=replaced.get(row_id) or now())
        )
    if new:
        connection.execute(insert_unless_known(connection, GenerationRow), new)
    return len(new) + len(outdated)


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return the ids among these that we have."""
    statement = select(GenerationRow.id).where(GenerationRow.id.in_(ids))
    return set(connection.execute(statement).scalars())


def _current(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the id and status of the rows that count, by key."""
    statement = select(GenerationRow.key, GenerationRow.id, GenerationRow.status).where(
        GenerationRow.key.in_(keys), GenerationRow.superseded_at.is_(None)
    )
    return {row.key: (row.id, row.status) for row in connection.execute(statement)}
