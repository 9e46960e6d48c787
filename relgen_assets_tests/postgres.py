"""A private PostgreSQL server for tests: real, on loopback, with a password, gone afterwards.

`postgres_server` is a session fixture; import it in the `conftest.py` of the tests that use it.
It skips only where PostgreSQL is not installed.
"""

from __future__ import annotations

import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import OperationalError

USER = "relgen"
PASSWORD_VARIABLE = "LEDGER_TEST_PASSWORD"
START_SECONDS = 60.0
_PORTS = range(15_000, 30_000)


def binary(name: str) -> str | None:
    """Return the path of a PostgreSQL program, even if Debian keeps it out of the PATH."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(hidden[-1]) if hidden else None)


class PostgresServer:
    """One server with a data folder of its own.

    Args:
        durable: Whether commits wait for the disk; only measurements need that.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.password = secrets.token_hex(12)
        self._durable = durable
        self._account = _unprivileged_account()
        self._folder = Path(tempfile.mkdtemp(prefix="relgen-postgres-", dir="/tmp"))
        self._data = self._folder / "data"
        self._log = self._folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        self._spare: list[str] = []
        self._initialise()
        self.start()

    def url(self, database: str) -> str:
        """Return the URL of a database, without the password."""
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self._port}/{database}"

    def create_database(self) -> str:
        """Return the name of an empty database: a new one, or an old one emptied."""
        if self._spare:
            name = self._spare.pop()
            self.execute("DROP SCHEMA public CASCADE", name)
            self.execute("CREATE SCHEMA public", name)
            return name
        name = f"ledger_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def release_database(self, name: str) -> None:
        """Return a database for reuse: emptying it takes a tenth of the time of creating one."""
        self._spare.append(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        url = make_url(self.url(database)).set(password=self.password)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                # After a kill, the last children may still hold the shared memory for a moment.
                self._process = self._launch()
            try:
                self.execute("SELECT 1")
            except OperationalError:
                if time.monotonic() > deadline:
                    raise RuntimeError(
                        f"PostgreSQL did not start: {self._log.read_text()[-2000:]}"
                    ) from None
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        """End the server the hard way, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server at once, and remove its data."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
        self._process = None

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        if self._account is not None:
            for path in (self._folder, secret):
                shutil.chown(path, self._account)
        command = [str(binary("initdb")), "-D", str(self._data), "-U", USER, "-A", "scram-sha-256"]
        subprocess.run(
            [*command, f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            user=self._account,
            cwd=self._folder,
        )

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "fsync": "on" if self._durable else "off",
            "shared_buffers": "32MB",
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(binary("postgres")), "-D", str(self._data), *arguments],
                stdout=log,
                stderr=log,
                user=self._account,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C on the tests must not reach it first
            )


def _unprivileged_account() -> str | None:
    """Return an account to run as if we are root, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def free_port() -> int:
    """Return a loopback port that is free at the moment.

    It lies outside the range from which systems assign ports, so that no connection of a
    concurrent test takes it before the server starts, or while it is down.
    """
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL server."""
    if binary("initdb") is None or binary("postgres") is None:
        pytest.skip("PostgreSQL is not installed here: there is no initdb")
    server = PostgresServer()
    yield server
    server.stop()
