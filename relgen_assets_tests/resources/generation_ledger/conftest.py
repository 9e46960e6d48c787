"""A fresh place for a ledger, once in SQLite and once in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.postgres import PASSWORD_VARIABLE, PostgresServer, postgres_server
from resources.generation_ledger.ledger import GenerationLedger

__all__ = ["postgres_server"]


class Place:
    """Where a ledger is kept; every `open` acts like another process."""

    def __init__(self, url: str, password_env: str | None) -> None:
        self.url = url
        self.password_env = password_env
        self._opened: list[GenerationLedger] = []

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def open(self, **options: Any) -> GenerationLedger:
        ledger = GenerationLedger(url=self.url, password_env=self.password_env, **options)
        self._opened.append(ledger)
        return ledger

    def close(self) -> None:
        for ledger in self._opened:
            ledger.close()


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    place = Place(f"sqlite:///{tmp_path}/state/ledger.db", None)
    yield place
    place.close()


@pytest.fixture
def postgres_place(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv(PASSWORD_VARIABLE, postgres_server.password)
    database = postgres_server.create_database()
    place = Place(postgres_server.url(database), PASSWORD_VARIABLE)
    yield place
    place.close()
    postgres_server.release_database(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    name = "sqlite_place" if request.param == "sqlite" else "postgres_place"
    found: Place = request.getfixturevalue(name)
    return found


@pytest.fixture
def ledger(place: Place) -> GenerationLedger:
    return place.open()


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Yield another, empty place."""
    if request.param == "sqlite":
        place = Place(f"sqlite:///{tmp_path}/other.db", None)
        yield place
        place.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    request.getfixturevalue("postgres_place")  # sets the password
    database = server.create_database()
    place = Place(server.url(database), PASSWORD_VARIABLE)
    yield place
    place.close()
    server.release_database(database)
