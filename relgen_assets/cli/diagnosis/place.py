"""The project's place: settings, source, Dagster's home and instance, its daemon and its runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from relgen_assets.cli.diagnosis.findings import Finding, Level, ok
from relgen_assets.orchestration.dead_runs import find_dead_runs
from relgen_assets.orchestration.home import INSTANCE_FILE, Origin, find_home
from relgen_assets.orchestration.launched_runs import orphaned_runs
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.services import heard_from_daemon, running_services
from relgen_assets.settings import SETTINGS_FILE, STATE_FOLDER

_HOME = "DAGSTER_HOME"
_STORAGE = Path(STATE_FOLDER, "dagster")


def check_settings(root: Path) -> Iterator[Finding]:
    """Yield where the settings, which have been read, come from."""
    path = root / SETTINGS_FILE
    if path.is_file():
        yield ok("settings", str(path))
    else:
        yield Finding(
            "settings",
            Level.WARN,
            f"no {SETTINGS_FILE} in {root}: defaults and variables count",
            "Make one: relgen init",
        )


def check_source(project: Project) -> Iterator[Finding]:
    """Yield whether the first article of the source can be read and used."""
    total = project.source.count()
    first = next(iter(project.source.read(0, 1)), None)
    found = f"{total:,} articles in {project.batches.count:,} batches"
    if first is None:
        yield Finding(
            "source", Level.FAIL, "it holds no articles", f"Correct [source] in {SETTINGS_FILE}."
        )
    elif first.status == "used":
        yield ok("source", found)
    else:
        yield Finding(
            "source",
            Level.WARN,
            f"{found}; the first cannot be used: {first.reason}",
            "If all are like it, correct the names of columns under [source].",
        )


def check_state(root: Path) -> Iterator[Finding]:
    """Yield whether this user may write the project's state."""
    state = root / STATE_FOLDER
    place = state if state.exists() else root
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        yield ok("state", f"{state} can be written")
    else:
        yield Finding(
            "state", Level.FAIL, f"{place} cannot be written", "Change its owner, or move on."
        )


def check_home(root: Path) -> Iterator[Finding]:
    """Yield which home Dagster has, and what decided it."""
    home = find_home(root)
    found = f"{home.folder} ({home.origin.value})"
    if home.origin is Origin.environment and not (home.folder / INSTANCE_FILE).is_file():
        yield Finding(
            "home",
            Level.WARN,
            f"{found} holds no {INSTANCE_FILE}: no queue limits, and telemetry is on",
            f"Unset {_HOME}, or copy the {INSTANCE_FILE} that `relgen init` makes.",
        )
    elif home.origin is Origin.shipped:
        yield ok("home", f"{found}; `relgen init` makes a {INSTANCE_FILE} of your own")
    else:
        yield ok("home", found)


def check_instance(root: Path) -> Iterator[Finding]:
    """Yield whether Dagster's instance opens, is up to date, has a daemon, and holds dead runs."""
    home = find_home(root)
    if home.origin is not Origin.environment and not (root / _STORAGE).exists():
        yield ok("instance", "none yet: the first run makes it")
        return
    os.environ[_HOME] = str(home.folder)
    with dg.DagsterInstance.get() as instance:
        yield from _check_storage(instance)
        yield from _check_daemon(instance, root)
        yield from _check_runs(instance)


def _check_storage(instance: dg.DagsterInstance) -> Iterator[Finding]:
    runs = instance.get_runs_count()
    storages = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
    versions = [storage.alembic_version() for storage in storages if storage is not None]
    if any(version is not None and version[0] != version[1] for version in versions):
        yield Finding(
            "instance",
            Level.FAIL,
            "its tables are of another version of Dagster",
            "Back it up, then run in the project folder:"
            f" {_HOME}={os.environ[_HOME]} dagster instance migrate",
        )
    else:
        yield ok("instance", f"{runs:,} runs")


def _check_daemon(instance: dg.DagsterInstance, root: Path) -> Iterator[Finding]:
    services, age = running_services(root), heard_from_daemon(instance)
    if services is not None:
        yield ok("daemon", str(services))
    elif age is not None:
        yield ok("daemon", f"one reported {age:.0f} s ago")
    elif queued := instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])):
        yield Finding(
            "daemon", Level.WARN, f"none runs, and {queued} runs wait for one", "Run: relgen ui"
        )
    else:
        yield ok("daemon", "none runs; `relgen ui` starts one")


def _check_runs(instance: dg.DagsterInstance) -> Iterator[Finding]:
    killed, orphaned = find_dead_runs(instance), orphaned_runs(instance)
    if killed:
        yield Finding(
            "runs",
            Level.WARN,
            f"{len(killed)} were killed and still count as running",
            "The next `relgen run`, `check` or `ui` records that. All answers are kept.",
        )
    if orphaned:
        yield Finding(
            "runs",
            Level.WARN,
            f"{len(orphaned)} lost their services and still count as running",
            "The next `relgen ui` records that. All answers are kept.",
        )
    if not killed and not orphaned:
        yield ok("runs", "none is dead")
