"""What a validation made of each answer, kept so that it is not computed again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of judgements."""
    op.create_table(
        "ledger_judgements",
        sa.Column("validator", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ledger_judgements_subject", "ledger_judgements", ["validator", "subject"])
