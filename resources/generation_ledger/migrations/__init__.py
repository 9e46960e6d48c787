"""Alembic's environment for the ledger, and every migration of its tables."""
