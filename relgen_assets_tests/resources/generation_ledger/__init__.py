"""Tests of the generation ledger: the same on SQLite and on PostgreSQL."""
