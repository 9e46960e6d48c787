"""The whole ledger in numbers. Read-only; single calls belong to `entries`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text

from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import GenerationRow, LedgerTable, VerdictRow
from resources.generation_ledger.upgrade import ledger_version


@dataclass(frozen=True, slots=True)
class GroupStats:
    """Sums over the calls of one task, model and standing.

    Attributes:
        task: The kind of work.
        model: Identity of the model.
        standing: `completed`, `failed`, or `superseded`.
        calls: Number of calls.
        prompt_tokens: Tokens of all prompts.
        completion_tokens: Tokens of all answers.
        seconds: Wall time on the endpoints.
    """

    task: str
    model: str
    standing: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LedgerStats:
    """The whole ledger in numbers.

    Attributes:
        where: The database, without password.
        version: Schema version.
        size_bytes: Size of the tables.
        groups: Sums by task, model and standing.
        verdicts: Number of verdicts, by validator, verdict and reason.
        first: When the first entry was recorded, in UTC; `None` in an empty ledger.
        last: When the last entry was recorded, in UTC; `None` in an empty ledger.
    """

    where: str
    version: str
    size_bytes: int
    groups: tuple[GroupStats, ...]
    verdicts: Mapping[tuple[str, str, str | None], int]
    first: str | None
    last: str | None


def ledger_stats(database: Database) -> LedgerStats:
    """Return the whole ledger in numbers."""
    return database.read(lambda connection: _stats(connection, database))


def _stats(connection: Connection, database: Database) -> LedgerStats:
    table = GenerationRow
    groups: dict[tuple[str, str, str], list[Any]] = {}
    superseded = table.superseded_at.is_not(None)
    statement = select(
        table.task,
        table.model,
        table.status,
        superseded.label("superseded"),
        func.count().label("calls"),
        func.sum(table.prompt_tokens).label("prompt_tokens"),
        func.sum(table.completion_tokens).label("completion_tokens"),
        func.sum(table.seconds).label("seconds"),
    ).group_by(table.task, table.model, table.status, superseded)
    for row in connection.execute(statement):
        at = (row.task, row.model, "superseded" if row.superseded else row.status)
        sums = groups.setdefault(at, [0, 0, 0, 0.0])
        for index, value in enumerate(row[4:]):
            sums[index] += value
    first, last = connection.execute(
        select(func.min(table.recorded_at), func.max(table.recorded_at))
    ).one()
    counted = select(VerdictRow.validator, VerdictRow.verdict, VerdictRow.reason, func.count())
    verdicts = connection.execute(
        counted.group_by(VerdictRow.validator, VerdictRow.verdict, VerdictRow.reason)
    )
    return LedgerStats(
        where=database.where,
        version=ledger_version(connection),
        size_bytes=_size(connection),
        groups=tuple(
            GroupStats(*at, int(calls), int(prompt), int(completion), float(seconds))
            for at, (calls, prompt, completion, seconds) in sorted(groups.items())
        ),
        verdicts={(row[0], row[1], row[2]): int(row[3]) for row in verdicts},
        first=first,
        last=last,
    )


def _size(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
    names = LedgerTable.metadata.tables
    return sum(int(connection.execute(size, {"name": name}).scalar_one()) for name in names)
