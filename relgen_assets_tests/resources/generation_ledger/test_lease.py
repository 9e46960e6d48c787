"""Leases of a database server that restarts, or drops a connection, while they are held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import make_url, text

from relgen_assets_tests.postgres import PostgresServer
from relgen_assets_tests.resources.generation_ledger.conftest import Place
from resources.errors import LedgerError
from resources.generation_ledger import lease as leases
from resources.generation_ledger.ledger import GenerationLedger

NAME = "papers-00000"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "KEEP_SECONDS", 0.1)
    monkeypatch.setattr(leases, "RETURN_SECONDS", 2.0)


def is_free(place: Place) -> bool:
    """Return whether a run that begins now gets the lease."""
    try:
        with place.open().lease(NAME, wait_seconds=0):
            return True
    except LedgerError:
        return False


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def drop_connections(server: PostgresServer, place: Place) -> None:
    """End every connection to a ledger, as an administrator or a network might."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{make_url(place.url).database}'"
    )


def test_a_lease_outlives_a_restart_of_the_server(
    postgres_server: PostgresServer, postgres_place: Place
) -> None:
    """The holder retakes it before a run that waited through the restart may try."""
    holder, waiter = postgres_place.open(), postgres_place.open()
    order: list[str] = []
    waits = threading.Event()

    def wait_for_it() -> None:
        with waiter.lease(NAME, waiting=waits.set):
            order.append("waiter")

    second = threading.Thread(target=wait_for_it)
    with holder.lease(NAME):
        second.start()
        assert waits.wait(60)
        postgres_server.kill()
        postgres_server.start()
        wait_until(lambda: not is_free(postgres_place))
        second.join(2 * leases.RETURN_SECONDS)
        order.append("holder")
    second.join(60)
    assert order == ["holder", "waiter"]


def test_a_lease_is_taken_while_the_server_restarts(
    postgres_server: PostgresServer, postgres_place: Place
) -> None:
    ledger = postgres_place.open()
    _ = ledger.engine
    taken = threading.Event()

    def take() -> None:
        with ledger.lease(NAME):
            taken.set()

    postgres_server.kill()
    taking = threading.Thread(target=take)
    taking.start()
    postgres_server.start()
    taking.join(60)
    assert taken.is_set()


def test_a_lease_whose_server_stays_away_is_a_clear_error(
    postgres_server: PostgresServer, postgres_place: Place
) -> None:
    ledger = postgres_place.open(reconnect_seconds=0.3)
    _ = ledger.engine
    postgres_server.kill()
    try:
        with pytest.raises(LedgerError, match="refused"), ledger.lease(NAME):
            pass
    finally:
        postgres_server.start()


def test_a_lease_that_another_run_took_meanwhile_is_a_clear_error(
    postgres_server: PostgresServer, postgres_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "KEEP_SECONDS", 60.0)
    other = postgres_place.open().lease(NAME)
    with (
        pytest.raises(LedgerError, match=f"lost this run's lease on {NAME}") as caught,
        postgres_place.open().lease(NAME),
    ):
        drop_connections(postgres_server, postgres_place)
        other.__enter__()
    assert "every answer is in the ledger" in caught.value.remedy
    assert not is_free(postgres_place), "the other run's lease is left alone"
    other.__exit__(None, None, None)
    assert is_free(postgres_place)


def test_under_a_lost_lease_the_original_error_is_reported(
    postgres_server: PostgresServer, postgres_place: Place
) -> None:
    with pytest.raises(ZeroDivisionError), postgres_place.open().lease(NAME):
        drop_connections(postgres_server, postgres_place)
        raise ZeroDivisionError


def test_the_server_notices_soon_that_the_machine_of_a_holder_vanished(
    postgres_place: Place,
) -> None:
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    idle, interval, count = postgres_place.open().database.read(
        lambda c: [int(c.execute(text(f"SHOW {name}")).scalar_one()) for name in names]
    )
    assert idle + interval * count <= 60


def test_a_lease_leaves_no_connection_and_no_thread(postgres_place: Place) -> None:
    ledger: GenerationLedger = postgres_place.open()
    before = threading.active_count()
    with ledger.lease(NAME):
        time.sleep(0.5)
    assert threading.active_count() == before
    held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert ledger.database.read(lambda c: c.execute(held).scalar_one()) == 0
