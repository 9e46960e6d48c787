"""The tables of the ledger. Their history, version by version, is in `migrations`.

Columns that hold text from articles or models are packed: compressed JSON in ASCII. That preserves
NUL characters and lone surrogates, which PostgreSQL text refuses, and takes a third of the space.

Times are UTC in ISO 8601 with microseconds, the same text in both databases.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

FURTHER_SAMPLING: Final = "further_sampling"
"""Label that holds the sampling options without a column of their own, where one is set."""

Status = Literal["completed", "failed"]


class Packed(TypeDecorator[Any]):
    """A JSON value as compressed bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bytes:
        """Return the bytes to store."""
        plain = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        return zlib.compress(plain.encode("ascii"))

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> Any:
        """Return the value that was stored."""
        return None if value is None else json.loads(zlib.decompress(value))


class LedgerTable(DeclarativeBase):
    """Base of the ledger's tables."""


class GenerationRow(LedgerTable):
    """One completed or finally failed call; only `superseded_at` ever changes."""

    __tablename__ = "ledger_generations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, doc="Time-ordered unique id.")
    key: Mapped[str] = mapped_column(String(64), doc="What was asked; see `keys`.")
    task: Mapped[str] = mapped_column(String, doc="The kind of work.")
    subject: Mapped[str] = mapped_column(String, doc="What the answer is about.")
    model: Mapped[str] = mapped_column(String, doc="Identity of the model.")
    attempt: Mapped[int] = mapped_column(doc="Content attempt, from 1.")
    variant: Mapped[int] = mapped_column(doc="Number among several answers per subject, from 1.")
    status: Mapped[str] = mapped_column(String(16), doc="`completed` or `failed`.")
    messages: Mapped[Any] = mapped_column(Packed, nullable=False, doc="The exact messages.")
    json_schema: Mapped[Any] = mapped_column(
        Packed, nullable=False, doc="Schema of the answer, or null."
    )
    temperature: Mapped[float] = mapped_column(Double)
    top_p: Mapped[float] = mapped_column(Double)
    max_tokens: Mapped[int] = mapped_column()
    seed: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[Any] = mapped_column(
        Packed, nullable=False, doc="The raw answer; null when it failed."
    )
    finish_reason: Mapped[str] = mapped_column(String, doc="As the server said; empty if failed.")
    endpoint: Mapped[str] = mapped_column(String, doc="Who answered; empty if failed.")
    prompt_tokens: Mapped[int] = mapped_column(doc="Counted by the server.")
    cached_tokens: Mapped[int] = mapped_column(doc="Of the prompt, taken from its cache.")
    completion_tokens: Mapped[int] = mapped_column(doc="Tokens of the answer.")
    seconds: Mapped[float] = mapped_column(Double, doc="Wall time on the endpoint.")
    error: Mapped[Any] = mapped_column(
        Packed, nullable=False, doc="Reason and faults of a failure, or null."
    )
    run_id: Mapped[str] = mapped_column(String, doc="Run that asked; empty when not known.")
    partition: Mapped[str] = mapped_column(String, doc="Partition asked for; empty likewise.")
    labels: Mapped[Any] = mapped_column(
        Packed, nullable=False, doc="Further facts, such as the prompt version."
    )
    recorded_at: Mapped[str] = mapped_column(String(32), doc="When it became durable (UTC).")
    superseded_at: Mapped[str | None] = mapped_column(String(32), doc="When another took over.")
    reasoning: Mapped[Any] = mapped_column(
        Packed, nullable=True, doc="What the model thought aloud, or null."
    )
    cut_off: Mapped[Any] = mapped_column(
        Packed, nullable=True, doc="Template tokens behind the answer, with what followed, or null."
    )

    __table_args__ = (
        # At most one row per key counts; this makes it safe to record twice.
        Index(
            "ledger_generations_current",
            "key",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ledger_generations_subject", "task", "subject"),
    )


class VerdictRow(LedgerTable):
    """The verdict of one version of the validation on one answer; may change at any time."""

    __tablename__ = "ledger_verdicts"

    generation_id: Mapped[str] = mapped_column(
        ForeignKey("ledger_generations.id", ondelete="CASCADE"), primary_key=True
    )
    validator: Mapped[str] = mapped_column(String, primary_key=True, doc="Who judged.")
    verdict: Mapped[str] = mapped_column(String, doc="E.g. `valid`, `repaired`, `rejected`.")
    reason: Mapped[str | None] = mapped_column(String, doc="Reason code of a rejection.")
    details: Mapped[Any] = mapped_column(Packed, nullable=False, doc="Codes, in order.")
    judged_at: Mapped[str] = mapped_column(String(32), doc="When (UTC).")


class GrantRow(LedgerTable):
    """How many content attempts a subject may take, if more than usual were granted."""

    __tablename__ = "ledger_grants"

    task: Mapped[str] = mapped_column(String, primary_key=True)
    subject: Mapped[str] = mapped_column(String, primary_key=True)
    attempts: Mapped[int] = mapped_column(doc="Total of allowed attempts.")
    granted_at: Mapped[str] = mapped_column(String(32), doc="When (UTC).")


DERIVED_TABLES = MetaData()
"""Tables of what can be computed again from the others; not part of an export."""

JUDGEMENTS = Table(
    "ledger_judgements",
    DERIVED_TABLES,
    Column("validator", String, primary_key=True, doc="Who judged."),
    Column("digest", String(64), primary_key=True, doc="Of all that the judgement follows from."),
    Column("subject", String, nullable=False, doc="What the answer is about."),
    Column("content", Packed, nullable=False, doc="The judgement, as JSON."),
    Index("ledger_judgements_subject", "validator", "subject"),
)
"""What a validation made of answers, in full, so that a later run need not judge them again."""

SLOT_TABLES = MetaData()
"""Tables that say which batch uses which slot now; not part of an export."""

LEASES = Table(
    "endpoint_leases",
    SLOT_TABLES,
    Column("endpoint", String(512), primary_key=True, doc="URL of the server."),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(64), nullable=False, doc="The batch that uses the slot."),
    Column("expires", Float, nullable=False, doc="Seconds since 1970."),
)
"""One row for every slot in use."""

CLAIMS = Table(
    "endpoint_claims",
    SLOT_TABLES,
    Column("endpoint", String(512), primary_key=True, doc="URL of the server."),
    Column("holder", String(64), primary_key=True, doc="The batch that works there."),
    Column("wants", Integer, nullable=False, doc="Slots it could use."),
    Column("expires", Float, nullable=False, doc="Seconds since 1970."),
)
"""One row for every run that works on an endpoint."""


def new_id() -> str:
    """Return a unique id; ids of one machine sort by time."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


def plain(value: str) -> str:
    """Return a text that every database accepts: no NUL characters, no lone surrogates."""
    return value.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")
