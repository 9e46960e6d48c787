"""Judgements: what a validation made of answers, kept in full.

They follow from the answers and from the rules, so they may be lost or removed at any time, and no
export holds them. What a judgement follows from is known to the caller only, who gives a digest of
all of it; the content is any JSON value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from resources.generation_ledger.schema import JUDGEMENTS, GenerationRow, plain
from resources.generation_ledger.store import in_chunks


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """The judgement of one answer.

    Attributes:
        digest: Of all that the judgement follows from, the answer included.
        subject: What the answer is about; judgements are found by it.
        content: The judgement, a JSON value.
    """

    digest: str
    subject: str
    content: Any


def find_judgements(
    connection: Connection, validator: str, subjects: Sequence[str]
) -> dict[str, Any]:
    """Return the judgements of a validator on answers about the subjects, by their digest."""
    found: dict[str, Any] = {}
    for piece in in_chunks(sorted({plain(subject) for subject in subjects})):
        statement = select(JUDGEMENTS.c.digest, JUDGEMENTS.c.content).where(
            JUDGEMENTS.c.validator == validator, JUDGEMENTS.c.subject.in_(piece)
        )
        found.update({row.digest: row.content for row in connection.execute(statement)})
    return found


def keep_judgements(
    connection: Connection, validator: str, judged: Sequence[KeptJudgement]
) -> None:
    """Write judgements; those that are there already stay."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows: Mapping[str, dict[str, Any]] = {
        one.digest: {
            "validator": validator,
            "digest": one.digest,
            "subject": plain(one.subject),
            "content": one.content,
        }
        for one in judged
    }
    if rows:
        insert = dialect.insert(JUDGEMENTS).on_conflict_do_nothing()
        connection.execute(insert, [rows[digest] for digest in sorted(rows)])


def forget_judgements(connection: Connection, validator: str | None) -> None:
    """Remove the judgements on subjects without a generation, and those of other validators.

    Args:
        connection: To the ledger.
        validator: The current validator; `None` keeps those of all.
    """
    subjects = select(func.distinct(GenerationRow.subject))
    connection.execute(delete(JUDGEMENTS).where(JUDGEMENTS.c.subject.not_in(subjects)))
    if validator is not None:
        connection.execute(delete(JUDGEMENTS).where(JUDGEMENTS.c.validator != validator))
