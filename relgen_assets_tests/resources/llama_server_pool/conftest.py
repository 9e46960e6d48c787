"""Leases are kept in the ledger's database, so its fixtures are used here too."""

from __future__ import annotations

from relgen_assets_tests.postgres import postgres_server
from relgen_assets_tests.resources.generation_ledger.conftest import (
    place,
    postgres_place,
    sqlite_place,
)

__all__ = ["place", "postgres_place", "postgres_server", "sqlite_place"]
