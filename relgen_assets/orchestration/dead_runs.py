"""Runs whose process was killed: Dagster would show and count them as running for ever.

Dagster monitors only runs that it launched itself. A run of the command line therefore holds a lock
on a small file of its own in the instance's folder. The operating system releases the lock when the
process dies, so the next command that opens the instance can tell; a reused process id or a wrong
clock cannot mislead it. Runs without such a file, and those of other hosts, are left alone.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

_FOLDER = "in_process_runs"
_KILLED = "The process of this run was killed. Finished generations are kept: run it again."
_INTERRUPTED = "This run was interrupted. Finished generations are kept: run it again."


@contextmanager
def alive(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Mark the process of a run as alive until the block ends; start the run inside the block."""
    path = _folder(instance) / run_id
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def find_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Return the ids of runs of this host whose process died, and that nobody has failed yet."""
    found: list[str] = []
    for path in sorted(_folder(instance).glob("*")):
        try:
            with FileLock(path, blocking=False):
                found.append(path.name)
        except Timeout:
            continue  # alive
    return found


@contextmanager
def fail_interrupted(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Mark a run as failed if the block is interrupted where Dagster cannot record it itself."""
    try:
        yield
    except Exception:
        raise  # Dagster has recorded it
    except BaseException:
        _fail(instance, run_id, _INTERRUPTED)
        raise


def fail_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs of this host as failed if their process died while they were running."""
    for path in sorted(_folder(instance).glob("*")):
        try:
            with FileLock(path, blocking=False):
                _fail(instance, path.name, _KILLED)
                path.unlink(missing_ok=True)
        except Timeout:
            continue  # alive


def _fail(instance: dg.DagsterInstance, run_id: str, message: str) -> None:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:  # it ended, but was killed before it removed its file
        return
    instance.report_run_failed(run, message)
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _folder(instance: dg.DagsterInstance) -> Path:
    # Locks do not work across hosts, even where they share a folder.
    return Path(instance.root_directory) / _FOLDER / socket.gethostname()
