"""How many answers of each endpoint could be used, over all batches in the ledger. Read-only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import GenerationRow, VerdictRow

REJECTED = "rejected"
"""The verdict on an answer that cannot be used."""


@dataclass(frozen=True, slots=True)
class EndpointYield:
    """What became of the answers of one endpoint.

    Attributes:
        answers: Its answers in the ledger, superseded ones left out.
        unusable: Those that led to a further attempt, or whose latest verdict is a rejection.
    """

    answers: int
    unusable: int

    @property
    def usable_share(self) -> float:
        """Share of usable answers, of at least one."""
        return 1.0 - self.unusable / self.answers


def endpoint_yields(database: Database) -> dict[str, EndpointYield]:
    """Return what became of the answers of each endpoint, by its name.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    return database.read(_yields)


def _yields(connection: Connection) -> dict[str, EndpointYield]:
    row, later, newer = GenerationRow, aliased(GenerationRow), aliased(VerdictRow)
    asked_again = exists().where(
        later.task == row.task,
        later.subject == row.subject,
        later.model == row.model,
        later.variant == row.variant,
        later.attempt > row.attempt,
        later.superseded_at.is_(None),
    )
    rejected = exists().where(
        VerdictRow.generation_id == row.id,
        VerdictRow.verdict == REJECTED,
        ~exists().where(
            and_(newer.generation_id == row.id, newer.judged_at > VerdictRow.judged_at)
        ),
    )
    statement = (
        select(row.endpoint, func.count(), func.sum(case((or_(asked_again, rejected), 1), else_=0)))
        .where(row.status == "completed", row.superseded_at.is_(None))
        .group_by(row.endpoint)
    )
    return {
        name: EndpointYield(int(answers), int(unusable))
        for name, answers, unusable in connection.execute(statement)
    }
