"""Slot leases; ledgers used before this version may already have the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of slot leases and claims where they do not exist."""
    op.create_table(
        "endpoint_leases",
        sa.Column("endpoint", sa.String(512), primary_key=True),
        sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "endpoint_claims",
        sa.Column("endpoint", sa.String(512), primary_key=True),
        sa.Column("holder", sa.String(64), primary_key=True),
        sa.Column("wants", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
        if_not_exists=True,
    )
