"""What is kept beside the answers: verdicts of the validation, and grants of further attempts.

Neither changes an answer; both can be rewritten at any time without a call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from resources.generation_ledger.moments import now
from resources.generation_ledger.schema import (
    GenerationRow,
    GrantRow,
    LedgerTable,
    VerdictRow,
    plain,
)
from resources.generation_ledger.store import in_chunks


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """The verdict of a validation on the answer that counts for a key.

    Attributes:
        key: Key of the answer, from `generation_key`.
        validator: Name and version of the validation; verdicts of other versions are kept too.
        verdict: E.g. `valid`, `repaired`, `rejected`.
        reason: Reason code of a rejection.
        details: Codes of repairs, in order.
    """

    key: str
    validator: str
    verdict: str
    reason: str | None = None
    details: tuple[str, ...] = ()


def record_verdicts(connection: Connection, verdicts: Sequence[RecordedVerdict]) -> int:
    """Write verdicts, replacing earlier ones of the same validator.

    Returns:
        How many were written; verdicts on unknown keys are left out.
    """
    ids = _current_ids(connection, sorted({verdict.key for verdict in verdicts}))
    rows = {
        (ids[one.key], one.validator): {
            "generation_id": ids[one.key],
            "validator": plain(one.validator),
            "verdict": plain(one.verdict),
            "reason": None if one.reason is None else plain(one.reason),
            "details": list(one.details),
            "judged_at": now(),
        }
        for one in verdicts
        if one.key in ids
    }
    put_verdict_rows(connection, [rows[at] for at in sorted(rows)])
    return len(rows)


def put_verdict_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert verdict rows; if one exists, the later verdict stays."""
    key = ("generation_id", "validator")
    _put(connection, VerdictRow, rows, key, lambda new: VerdictRow.judged_at <= new.judged_at)


_IN_SCOPE = " of "


def grant_attempts(
    connection: Connection, task: str, subjects: Sequence[str], attempts: int, scope: str = ""
) -> None:
    """Raise the total of content attempts that subjects may take; a higher grant stays."""
    moment = now()
    rows = [
        {
            "task": _scoped(task, scope) if scope else task,
            "subject": subject,
            "attempts": attempts,
            "granted_at": moment,
        }
        for subject in sorted({plain(subject) for subject in subjects})
    ]
    put_grant_rows(connection, rows)


def put_grant_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert grant rows; if one exists, the higher grant stays."""
    key = ("task", "subject")
    _put(connection, GrantRow, rows, key, lambda new: GrantRow.attempts < new.attempts)


def granted_attempts(
    connection: Connection, task: str, subjects: Sequence[str], scope: str = ""
) -> dict[str, int]:
    """Return the total of allowed attempts, by subject, for subjects with a grant.

    Grants without a scope, which earlier versions wrote, count in all. Without a scope, all count.
    """
    every = GrantRow.task.startswith(_scoped(task, ""), autoescape=True)
    if scope:
        every = GrantRow.task == _scoped(task, scope)
    asked = {plain(subject): subject for subject in subjects}
    found: dict[str, int] = {}
    for piece in in_chunks(list(asked)):
        statement = (
            select(GrantRow.subject, func.max(GrantRow.attempts).label("attempts"))
            .where(or_(GrantRow.task == task, every), GrantRow.subject.in_(piece))
            .group_by(GrantRow.subject)
        )
        found.update({asked[row.subject]: row.attempts for row in connection.execute(statement)})
    return found


def _scoped(task: str, scope: str) -> str:
    """Return the name under which the grants of a scope are stored."""
    return f"{task}{_IN_SCOPE}{scope}"


def attempts_made(
    connection: Connection, task: str, subjects: Sequence[str], model: str | None
) -> dict[str, int]:
    """Return the highest recorded attempt, by subject, of one model or of any."""
    asked = {plain(subject): subject for subject in subjects}
    found: dict[str, int] = {}
    for piece in in_chunks(list(asked)):
        statement = (
            select(GenerationRow.subject, func.max(GenerationRow.attempt).label("attempt"))
            .where(GenerationRow.task == task, GenerationRow.subject.in_(piece))
            .group_by(GenerationRow.subject)
        )
        if model is not None:
            statement = statement.where(GenerationRow.model == model)
        found.update({asked[row.subject]: row.attempt for row in connection.execute(statement)})
    return found


def _put(
    connection: Connection,
    table: type[LedgerTable],
    rows: Sequence[dict[str, Any]],
    key: Sequence[str],
    gives_way: Callable[[Any], ColumnElement[bool]],
) -> None:
    """Insert rows; if the key is taken, the existing row is replaced or kept."""
    if not rows:
        return
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    new = insert.excluded
    replaced = {name: new[name] for name in rows[0] if name not in key}
    connection.execute(
        insert.on_conflict_do_update(index_elements=list(key), set_=replaced, where=gives_way(new)),
        list(rows),
    )


def _current_ids(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for piece in in_chunks(keys):
        statement = select(GenerationRow.key, GenerationRow.id).where(
            GenerationRow.key.in_(piece), GenerationRow.superseded_at.is_(None)
        )
        ids.update({row.key: row.id for row in connection.execute(statement)})
    return ids
