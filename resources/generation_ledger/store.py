"""Looks up and records answers: the statements that every generation passes through.

All functions run in the caller's transaction. Reports on the whole ledger belong to `entries` and
`stats`, export and import to `transfer`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Insert, Row, and_, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from resources.generation import Failure, Fault, Generation, GenerationRequest, Message
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.moments import now
from resources.generation_ledger.schema import (
    FURTHER_SAMPLING,
    GenerationRow,
    LedgerTable,
    Status,
    new_id,
    plain,
)

ItemT = TypeVar("ItemT")

CHUNK: Final = 500
"""Keys per query: far below both databases' limits on parameters."""

_RECORD_LOCK: Final = 0x72656C67656F
"""PostgreSQL advisory lock held while recording; any otherwise unused number."""

_ANSWER_COLUMNS: Final = (
    GenerationRow.key,
    GenerationRow.answer,
    GenerationRow.finish_reason,
    GenerationRow.model,
    GenerationRow.endpoint,
    GenerationRow.prompt_tokens,
    GenerationRow.cached_tokens,
    GenerationRow.completion_tokens,
    GenerationRow.seconds,
    GenerationRow.attempt,
    GenerationRow.reasoning,
    GenerationRow.cut_off,
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one completed call.

    Attributes:
        messages: The exact messages sent.
        texts: The raw answers: the one that counts, and those it superseded.
    """

    messages: tuple[Message, ...]
    texts: frozenset[str]


def in_chunks(items: Sequence[ItemT], size: int = CHUNK) -> Iterator[Sequence[ItemT]]:
    """Yield `items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def insert_unless_known(connection: Connection, table: type[LedgerTable]) -> Insert:
    """Return an INSERT that skips rows already in a unique index."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def find_answers(
    connection: Connection, subjects_by_key: Mapping[str, Sequence[str]], renew_before: str | None
) -> dict[str, Generation]:
    """Return the completed answers that count, by subject.

    Args:
        connection: In a transaction.
        subjects_by_key: The subjects that ask for each key.
        renew_before: Answers recorded earlier than this do not count.
    """
    found: dict[str, Generation] = {}
    for keys in in_chunks(list(subjects_by_key)):
        statement = select(*_ANSWER_COLUMNS).where(
            GenerationRow.key.in_(keys),
            GenerationRow.superseded_at.is_(None),
            GenerationRow.status == "completed",
        )
        if renew_before is not None:
            statement = statement.where(GenerationRow.recorded_at >= renew_before)
        for row in connection.execute(statement):
            for subject in subjects_by_key[row.key]:
                found[subject] = generation_of(row, subject)
    return found


def find_latest_model(connection: Connection, endpoints: Collection[str]) -> str | None:
    """Return the model of the newest answer of any of these endpoints."""
    statement = (
        select(GenerationRow.model)
        .where(GenerationRow.endpoint.in_(sorted(endpoints)), GenerationRow.status == "completed")
        .order_by(GenerationRow.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()


def find_calls(connection: Connection, keys: Sequence[str]) -> dict[str, Transcript]:
    """Return the completed calls by key."""
    found: dict[str, Transcript] = {}
    for piece in in_chunks(keys):
        statement = select(GenerationRow.key, GenerationRow.messages, GenerationRow.answer).where(
            GenerationRow.key.in_(piece),
            GenerationRow.status == "completed",
        )
        for row in connection.execute(statement):
            others = found[row.key].texts if row.key in found else frozenset[str]()
            found[row.key] = Transcript(tuple(row.messages), others | {row.answer})
    return found


def find_failures(connection: Connection, keys: Sequence[str]) -> dict[str, Failure]:
    """Return why requests were set aside, by key, where nothing has answered them since."""
    found: dict[str, Failure] = {}
    columns = (GenerationRow.key, GenerationRow.subject, GenerationRow.error)
    for piece in in_chunks(keys):
        statement = select(*columns).where(
            GenerationRow.key.in_(piece),
            GenerationRow.superseded_at.is_(None),
            GenerationRow.status == "failed",
        )
        found |= {row.key: failure_of(row) for row in connection.execute(statement)}
    return found


def failure_of(row: Row[Any]) -> Failure:
    """Return the failure stored in a row."""
    faults = tuple(Fault(**fault) for fault in row.error["faults"])
    return Failure(row.subject, row.error["reason"], faults)


def generation_of(row: Row[Any], subject: str) -> Generation:
    """Return the generation stored in a row.

    Args:
        row: A completed generation.
        subject: The subject that asks; not the row's own if two subjects ask the same.
    """
    return Generation(
        subject=subject,
        text=row.answer,
        finish_reason=row.finish_reason,
        model=row.model,
        endpoint=row.endpoint,
        prompt_tokens=row.prompt_tokens,
        cached_tokens=row.cached_tokens,
        completion_tokens=row.completion_tokens,
        seconds=row.seconds,
        attempt=row.attempt,
        from_ledger=True,
        reasoning=row.reasoning or "",
        cut_off=row.cut_off or "",
    )


def record_rows(
    connection: Connection, rows: Sequence[dict[str, Any]], renew_before: str | None
) -> None:
    """Insert rows whose key has no answer that counts; rows they replace become superseded.

    A failure is always replaced, an answer only if it is older than `renew_before`.

    Args:
        connection: In a writing transaction.
        rows: Values from `answer_row` or `failure_row`.
        renew_before: Answers recorded earlier than this are replaced by new ones.
    """
    _keep_failures_apart(connection, rows)
    # In key order, so that two processes lock rows in the same order.
    ordered = sorted(rows, key=lambda row: str(row["key"]))
    gives_way = GenerationRow.status == "failed"
    if renew_before is not None:
        gives_way = or_(gives_way, GenerationRow.recorded_at < renew_before)
    for piece in in_chunks(ordered):
        connection.execute(
            update(GenerationRow)
            .where(
                and_(
                    GenerationRow.key.in_([row["key"] for row in piece]),
                    GenerationRow.superseded_at.is_(None),
                    # The same transaction may already have been committed, unnoticed.
                    GenerationRow.id.not_in([row["id"] for row in piece]),
                    gives_way,
                )
            )
            .values(superseded_at=now())
        )
        connection.execute(insert_unless_known(connection, GenerationRow), list(piece))


def _keep_failures_apart(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep transactions that write failures apart from all others, until this one ends.

    A failure that another run commits between our UPDATE and our INSERT would take the place of
    our answer. Transactions with answers only need not wait for each other: either answer may
    count. SQLite has one writing transaction at a time anyway.
    """
    if connection.dialect.name != "postgresql":
        return
    shared = "_shared" if all(row["status"] == "completed" for row in rows) else ""
    connection.execute(text(f"SELECT pg_advisory_xact_lock{shared}(:lock)"), {"lock": _RECORD_LOCK})


def answer_row(request: GenerationRequest, generation: Generation) -> dict[str, Any]:
    """Return the row of an answer."""
    return {
        **_asked(request, generation.model, "completed"),
        "answer": generation.text,
        "finish_reason": plain(generation.finish_reason),
        "endpoint": plain(generation.endpoint),
        "prompt_tokens": generation.prompt_tokens,
        "cached_tokens": generation.cached_tokens,
        "completion_tokens": generation.completion_tokens,
        "seconds": generation.seconds,
        "reasoning": generation.reasoning or None,
        "cut_off": generation.cut_off or None,
        "error": None,
    }


def discarded_row(
    request: GenerationRequest, answer: Generation, reason: str, context: int | None
) -> dict[str, Any]:
    """Return the row of an answer that is thrown away; it never counts for its key."""
    row = answer_row(request, answer)
    return {
        **row,
        "superseded_at": row["recorded_at"],
        "error": {"discarded": reason, "context": context},
    }


def insert_discarded(connection: Connection, row: dict[str, Any]) -> None:
    """Insert the row of an answer that is thrown away."""
    connection.execute(insert_unless_known(connection, GenerationRow), [row])


def find_outgrown(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Return the largest context in tokens that cut a prompt, by key."""
    found: dict[str, int] = {}
    for piece in in_chunks(keys):
        statement = select(GenerationRow.key, GenerationRow.error).where(
            GenerationRow.key.in_(piece),
            GenerationRow.superseded_at.is_not(None),
            GenerationRow.status == "completed",
        )
        for row in connection.execute(statement):
            context = (row.error or {}).get("context")
            if context:
                found[row.key] = max(context, found.get(row.key, 0))
    return found


def failure_row(request: GenerationRequest, failure: Failure, model: str) -> dict[str, Any]:
    """Return the row of a request that was set aside for good."""
    faults = [asdict(fault) for fault in failure.faults]
    return {
        **_asked(request, model, "failed"),
        "answer": None,
        "finish_reason": "",
        "endpoint": "",
        "prompt_tokens": 0,
        "cached_tokens": 0,
        "completion_tokens": 0,
        "seconds": 0.0,
        "reasoning": None,
        "cut_off": None,
        "error": {"reason": failure.reason, "faults": faults},
    }


def _asked(request: GenerationRequest, model: str, status: Status) -> dict[str, Any]:
    """Return the columns that say what was asked, by which run and when."""
    labels = dict(request.labels)
    further = request.sampling.further
    return {
        "id": new_id(),
        "key": generation_key(request, model),
        "task": request.task,
        "subject": plain(request.subject),
        "model": plain(model),
        "attempt": request.attempt,
        "variant": request.variant,
        "status": status,
        "messages": list(request.messages),
        "json_schema": request.json_schema,
        "temperature": float(request.sampling.temperature),
        "top_p": float(request.sampling.top_p),
        "max_tokens": request.sampling.max_tokens,
        "seed": request.sampling.seed,
        "run_id": plain(labels.pop("run_id", "")),
        "partition": plain(labels.pop("partition", "")),
        "labels": labels | ({FURTHER_SAMPLING: further} if further else {}),
        "recorded_at": now(),
        "superseded_at": None,
    }
