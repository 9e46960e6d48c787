"""What a model thought aloud, and what was cut off behind its answer, kept beside the answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; answers recorded before have neither."""
    op.add_column("ledger_generations", sa.Column("reasoning", sa.LargeBinary(), nullable=True))
    op.add_column("ledger_generations", sa.Column("cut_off", sa.LargeBinary(), nullable=True))
