"""Alembic's environment for the ledger, and every step of its tables' history."""
