"""What recent calls cost, without their texts, for plans and reports. Read-only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import GenerationRow


@dataclass(frozen=True, slots=True)
class CallCost:
    """One completed call.

    Attributes:
        task: The kind of work.
        model: Identity of the model.
        endpoint: The endpoint that answered.
        attempt: Content attempt, from 1.
        prompt_tokens: Tokens of the prompt.
        cached_tokens: How many of these came from the server's prefix cache.
        completion_tokens: Tokens of the answer.
        seconds: Wall time on the endpoint.
    """

    task: str
    model: str
    endpoint: str
    attempt: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float


def recent_calls(
    database: Database, task: str, *, limit: int, model: str | None = None
) -> list[CallCost]:
    """Return the newest completed calls of a task, newest first.

    Args:
        database: The open ledger.
        task: The kind of work.
        limit: Maximum number of calls to return.
        model: Only calls answered by this model.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    return database.read(lambda connection: _recent(connection, task, limit, model))


def _recent(connection: Connection, task: str, limit: int, model: str | None) -> list[CallCost]:
    row = GenerationRow
    statement = select(
        row.task,
        row.model,
        row.endpoint,
        row.attempt,
        row.prompt_tokens,
        row.cached_tokens,
        row.completion_tokens,
        row.seconds,
    ).where(row.task == task, row.status == "completed", row.superseded_at.is_(None))
    if model is not None:
        statement = statement.where(row.model == model)
    return [
        CallCost(*found)
        for found in connection.execute(statement.order_by(row.id.desc()).limit(limit))
    ]
