"""The Dagster services of a project: the daemon, and mostly a web server beside it.

A project needs one daemon: two would both start what is queued. A `relgen` that runs services
holds a lock, which the operating system releases when it dies. The services hold another: if
`relgen` is killed, they go on, and the next one says so. Services started by Dagster's own commands
show only by their heartbeats, which outlive them for a while.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.settings import STATE_FOLDER

HEARTBEAT_SECONDS = 45.0
"""A living daemon is heard more often: it reports every 30 seconds."""
_LOCK = Path(STATE_FOLDER, "services.lock")
_CARD = Path(STATE_FOLDER, "services.json")
_DAGSTER = Path(STATE_FOLDER, "dagster-services.lock")
"""Locked while Dagster's services run; holds the process to stop."""


@dataclass(frozen=True, slots=True)
class Services:
    """Services that `relgen` started.

    Attributes:
        command: The command that started them, e.g. `relgen ui`.
        pid: Its process.
        url: Address of the web UI; empty without one.
    """

    command: str
    pid: int
    url: str = ""

    def __str__(self) -> str:
        """Return the command, its process, and the address of its web UI."""
        return f"`{self.command}`, pid {self.pid}" + (f", on {self.url}" if self.url else "")


def running_services(root: Path) -> Services | None:
    """Return the services that a `relgen` of this project runs now, on this machine."""
    if not (root / _LOCK).exists():  # a lock would make it
        return None
    try:
        with FileLock(root / _LOCK, blocking=False):
            return None
    except (Timeout, OSError):  # held, or not ours to hold
        pass
    try:
        return Services(**json.loads((root / _CARD).read_bytes()))
    except (OSError, ValueError, TypeError):  # it has only just started
        return None


@contextmanager
def only_services(root: Path, command: str, url: str = "") -> Iterator[None]:
    """Be the only `relgen` that runs services of this project, until the block ends.

    Args:
        root: The project folder, with a state folder.
        command: The command, as others will be told of it.
        url: Address of its web UI.

    Raises:
        ConfigurationError: Another one runs, or one that was killed has left its services.
    """
    lock = FileLock(root / _LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        other = running_services(root)
        raise ConfigurationError(
            f"services of this project already run: {other or 'they are just starting'}.",
            where=str(root),
            remedy="Use those, or stop them first.",
        ) from None
    try:
        with shared_lock(root):  # to know that none are left, before a used port is reported
            pass
        card = Services(command, os.getpid(), url)
        (root / _CARD).write_text(json.dumps(asdict(card)), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            (root / _CARD).unlink()
        lock.release()


@contextmanager
def shared_lock(root: Path) -> Iterator[int]:
    """Lock the project for Dagster's services until the block ends.

    A child process that inherits the lock keeps it when this process is killed.

    Args:
        root: The project folder, with a state folder.

    Yields:
        File descriptor of the lock, for `note_pid` and for the child.

    Raises:
        ConfigurationError: Services that a killed `relgen` has left still run.
    """
    path = root / _DAGSTER
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                "Dagster's services still run, although the `relgen` that started them was killed.",
                where=str(root),
                remedy=f"Stop them, then start again: kill {path.read_text('utf-8')}",
            ) from None
        yield lock
    finally:
        os.close(lock)


def note_pid(lock: int, pid: int) -> None:
    """Write into a lock of `shared_lock` which process holds it."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(pid).encode(), 0)


def heard_from_daemon(
    instance: dg.DagsterInstance, *, within: float = HEARTBEAT_SECONDS
) -> float | None:
    """Return how many seconds ago a daemon reported; `None` if none did `within` seconds."""
    beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
    age = time.time() - max(beats, default=0.0)
    return age if age < within else None


def forget_daemon(instance: dg.DagsterInstance) -> None:
    """Remove the heartbeats of a daemon that has stopped, so that nobody waits for it."""
    instance.wipe_daemon_heartbeats()
