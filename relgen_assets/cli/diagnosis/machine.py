"""The machine: disk, memory, open files, the port of the web UI, the clock."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from relgen_assets.cli.diagnosis.findings import Finding, Level, ok
from relgen_assets.cli.ports import require_free_port
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.home import INSTANCE_FILE
from relgen_assets.orchestration.services import running_services
from relgen_assets.settings import STATE_FOLDER, Settings

BYTES_PER_ARTICLE = 400_000
"""Disk that one article takes: tables, dataset and ledger, of an article of 40 chunks."""
_RESERVE = 500_000_000
"""Disk that Dagster's storage and logs may take meanwhile, in bytes."""
_MEMORY = {"embedded": 1_500_000_000, "endpoints": 700_000_000}
"""Memory of a run in bytes, with the embedded server and without."""
_OPEN_FILES = 1_024
_CLOCK_SECONDS = 60.0
_GIGABYTE = 1e9


def check_disk(settings: Settings, articles: int) -> Iterator[Finding]:
    """Yield whether the local folders have room for what the source holds."""
    needed = articles * BYTES_PER_ARTICLE + _RESERVE
    folders = (settings.storage.data, settings.storage.dataset, settings.storage.state)
    for device, folder in _by_device(folders).items():
        free = shutil.disk_usage(folder).free
        found = (
            f"{_shown(free)} free for {device}; {articles:,} articles take up to {_shown(needed)}"
        )
        if free < _RESERVE:
            yield Finding("disk", Level.FAIL, found, "Make room before you start.")
        elif free < needed:
            yield Finding(
                "disk", Level.WARN, found, "Make room, or move `storage` to a larger disk."
            )
        else:
            yield ok("disk", found)


def check_memory(settings: Settings) -> Iterator[Finding]:
    """Yield whether a run would find the memory it needs."""
    available = _available_memory()
    if available is None:
        yield ok("memory", "not visible on this system")
        return
    kind = "endpoints" if settings.pool.endpoints else "embedded"
    found = f"{_shown(available)} available; a run takes about {_shown(_MEMORY[kind])}"
    if available < _MEMORY[kind]:
        yield Finding(
            "memory",
            Level.WARN,
            found,
            f"Close other programs, or lower max_concurrent_runs in {INSTANCE_FILE}.",
        )
    else:
        yield ok("memory", found)


def check_open_files() -> Iterator[Finding]:
    """Yield whether a process may open enough files."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft:,} may be open at once" if soft >= 0 else "no limit"
    if 0 <= soft < _OPEN_FILES:
        yield Finding("open files", Level.WARN, found, f"Raise it: ulimit -n {_OPEN_FILES}")
    else:
        yield ok("open files", found)


def check_port(root: Path, host: str, port: int) -> Iterator[Finding]:
    """Yield whether the web UI could start, or already runs."""
    services = running_services(root)
    if services is not None and services.url.endswith(f":{port}"):
        yield ok("port", f"{port} serves this project: {services}")
        return
    try:
        require_free_port(host, port)
    except ConfigurationError as error:
        yield Finding(
            "port", Level.WARN, f"{port}: {error.what}", f"Use another: relgen ui --port {port + 1}"
        )
    else:
        yield ok("port", f"{port} is free for the web UI")


def check_clock(root: Path) -> Iterator[Finding]:
    """Yield whether the clock was set back since the project was last used."""
    state = root / STATE_FOLDER
    now = time.time()
    newest = max((path.stat().st_mtime for path in state.glob("*")), default=now)
    if newest - now > _CLOCK_SECONDS:
        yield Finding(
            "clock",
            Level.WARN,
            f"the newest file in {state} is {newest - now:,.0f} s in the future",
            "Set the clock: runs and leases are ordered by it.",
        )
    else:
        yield ok("clock", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def _by_device(folders: tuple[str, ...]) -> dict[str, Path]:
    """Return one existing folder of each disk, under the names of the folders on it."""
    disks: dict[int, tuple[list[str], Path]] = {}
    for name in folders:
        if "://" in name:
            continue  # not on this machine
        path = Path(name).absolute()
        existing = next(one for one in (path, *path.parents) if one.exists())
        names, _ = disks.setdefault(existing.stat().st_dev, ([], existing))
        names.append(name)
    return {", ".join(names): path for names, path in disks.values()}


def _available_memory() -> int | None:
    """Return the bytes that programs can still get; `None` where that cannot be seen."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    values = dict(line.split(":") for line in lines)
    return int(values["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in values else None


def _shown(size: int) -> str:
    return f"{size / _GIGABYTE:,.1f} GB"
