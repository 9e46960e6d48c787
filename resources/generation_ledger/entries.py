"""Single calls with everything the ledger knows about them, one by one or all in turn.

Read-only. Entries come page by page, so a ledger of any size can be traversed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select

from resources.errors import LedgerError
from resources.generation import Failure, Generation, Message, Sampling
from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import FURTHER_SAMPLING, GenerationRow, VerdictRow
from resources.generation_ledger.store import failure_of, generation_of
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict

PAGE: Final = 500
"""Entries per query."""

SHORTEST_PREFIX: Final = 4
"""Shorter prefixes of a key are refused: they would match too many."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One call as the ledger keeps it.

    Attributes:
        id: Id of this row; distinguishes the rows of one key.
        key: What was asked; see `keys`.
        task: The kind of work.
        subject: What it is about.
        model: Identity of the model.
        attempt: Content attempt, from 1.
        variant: Number among several answers per subject, from 1.
        messages: The exact messages sent.
        json_schema: Schema of the answer, if any.
        outcome: The answer, or why there is none.
        run_id: Run that asked; empty if unknown.
        partition: Partition it asked for; empty if unknown.
        labels: Further facts, such as the prompt version.
        recorded_at: When it became durable, in UTC.
        superseded_at: When another row superseded it, in UTC; `None` if it still counts.
        verdicts: Verdicts of validations, in order of time.
    """

    id: str
    key: str
    task: str
    subject: str
    model: str
    attempt: int
    variant: int
    messages: tuple[Message, ...]
    json_schema: Mapping[str, Any] | None
    sampling: Sampling
    outcome: Generation | Failure
    run_id: str
    partition: str
    labels: Mapping[str, str]
    recorded_at: str
    superseded_at: str | None
    verdicts: tuple[RecordedVerdict, ...]


def entries(database: Database, *conditions: ColumnElement[bool]) -> Iterator[LedgerEntry]:
    """Yield the entries that meet all conditions on `GenerationRow`, in the order of their ids.

    Each page is a separate transaction: entries recorded meanwhile may or may not be included.
    """
    last = ""
    while True:
        page = database.read(partial(_page, after=last, conditions=conditions))
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].id


def show(database: Database, key: str) -> list[LedgerEntry]:
    """Return all rows of a key, oldest first, including superseded ones.

    Args:
        database: The open ledger.
        key: The key, or a prefix that matches only one key.

    Raises:
        LedgerError: No key has this prefix, or several do.
    """
    if len(key) < SHORTEST_PREFIX or not all(digit in "0123456789abcdef" for digit in key):
        raise LedgerError(
            f"{key!r} is not a key: give at least {SHORTEST_PREFIX} hexadecimal digits.",
            where=database.where,
        )
    found = list(entries(database, GenerationRow.key >= key, GenerationRow.key < key + "g"))
    keys = {entry.key for entry in found}
    if not keys:
        raise LedgerError(f"no key begins with {key}.", where=database.where)
    if len(keys) > 1:
        raise LedgerError(
            f"{len(keys)} keys begin with {key}.", where=database.where, remedy="Give more digits."
        )
    return found


def _page(
    connection: Connection, after: str, conditions: Sequence[ColumnElement[bool]]
) -> list[LedgerEntry]:
    columns = GenerationRow.__table__.columns
    rows = connection.execute(
        select(*columns)
        .where(GenerationRow.id > after, *conditions)
        .order_by(GenerationRow.id)
        .limit(PAGE)
    ).all()
    verdicts: dict[str, list[RecordedVerdict]] = defaultdict(list)
    keys = {row.id: row.key for row in rows}
    statement = (
        select(*VerdictRow.__table__.columns)
        .where(VerdictRow.generation_id.in_(list(keys)))
        .order_by(VerdictRow.judged_at)
    )
    for row in connection.execute(statement):
        verdicts[row.generation_id].append(
            RecordedVerdict(
                keys[row.generation_id],
                row.validator,
                row.verdict,
                row.reason,
                tuple(row.details),
            )
        )
    return [_entry(row, verdicts[row.id]) for row in rows]


def _entry(row: Row[Any], verdicts: Sequence[RecordedVerdict]) -> LedgerEntry:
    return LedgerEntry(
        id=row.id,
        key=row.key,
        task=row.task,
        subject=row.subject,
        model=row.model,
        attempt=row.attempt,
        variant=row.variant,
        messages=tuple(row.messages),
        json_schema=row.json_schema,
        sampling=_sampling(row),
        outcome=_outcome(row),
        run_id=row.run_id,
        partition=row.partition,
        labels={name: fact for name, fact in row.labels.items() if name != FURTHER_SAMPLING},
        recorded_at=row.recorded_at,
        superseded_at=row.superseded_at,
        verdicts=tuple(verdicts),
    )


def _sampling(row: Row[Any]) -> Sampling:
    further = dict(row.labels.get(FURTHER_SAMPLING, {}))
    stop = tuple(further.pop("stop", ()))
    return Sampling(row.temperature, row.max_tokens, row.top_p, row.seed, stop=stop, **further)


def _outcome(row: Row[Any]) -> Generation | Failure:
    if row.status == "failed":
        return failure_of(row)
    return generation_of(row, row.subject)
