"""Run by Alembic: migrates through the connection it is given, in that transaction."""

from __future__ import annotations

from alembic import context

from resources.generation_ledger.upgrade import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
