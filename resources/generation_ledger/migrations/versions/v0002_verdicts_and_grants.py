"""Verdicts, kept separate from the answers, and grants of further attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of verdicts and grants."""
    op.create_table(
        "ledger_verdicts",
        sa.Column(
            "generation_id",
            sa.String(32),
            sa.ForeignKey("ledger_generations.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("validator", sa.String(), primary_key=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("judged_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "ledger_grants",
        sa.Column("task", sa.String(), primary_key=True),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.String(32), nullable=False),
    )
