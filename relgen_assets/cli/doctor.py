"""The command `relgen doctor`: is everything there that a run needs, and what to do if not.

The questions are in `cli.diagnosis`; here they are asked in order and the answers printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import typer
from rich.console import Console

from relgen_assets.cli.diagnosis.findings import Finding, Level, ask, ok
from relgen_assets.cli.diagnosis.installation import check_packages, check_python
from relgen_assets.cli.diagnosis.machine import (
    check_clock,
    check_disk,
    check_memory,
    check_open_files,
    check_port,
)
from relgen_assets.cli.diagnosis.place import (
    check_home,
    check_instance,
    check_settings,
    check_source,
    check_state,
)
from relgen_assets.cli.diagnosis.servers import check_servers
from relgen_assets.cli.document import print_document
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import say, write
from relgen_assets.cli.services import DEFAULT_HOST, DEFAULT_PORT
from relgen_assets.cli.setup_documents import DoctorDocument, FindingPart
from relgen_assets.domain_errors import ActionableError
from relgen_assets.orchestration.project import Project, require_project
from relgen_assets.settings import load_settings

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}
_LEVEL_WIDTH, _NAME_WIDTH = 5, 12


def examine(root: Path, *, as_json: bool) -> None:
    """Ask all questions, print what was found, and exit with status 1 if a run would fail.

    Args:
        root: The project folder.
        as_json: Print one JSON document when all is known, instead of lines as it comes.
    """
    os.chdir(root)
    console = Console()
    found: list[Finding] = []
    for finding in _findings(root):
        found.append(finding)
        if not as_json:
            _print(console, finding)
    failed = any(one.level is Level.FAIL for one in found)
    if as_json:
        parts = [FindingPart(**asdict(one)) for one in found]
        print_document(DoctorDocument(ok=not failed, checks=parts))
    else:
        _print_total(console, found)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _findings(root: Path) -> Iterator[Finding]:
    """Yield everything there is to say, from what all needs to what few need."""
    yield from ask("python", check_python)
    yield from ask("packages", check_packages)
    yield from ask("open files", check_open_files)
    yield from ask("clock", partial(check_clock, root))
    yield from ask("port", partial(check_port, root, DEFAULT_HOST, DEFAULT_PORT))
    try:
        require_project(root)
        project = Project(load_settings(root))
    except ActionableError as error:
        yield Finding("settings", Level.FAIL, f"{error.where}: {error.what}", error.remedy)
        yield ok("others", "not asked: they need settings")
        return
    yield from ask("settings", partial(check_settings, root))
    yield from ask("state", partial(check_state, root))
    yield from ask("home", partial(check_home, root))
    yield from ask("instance", partial(check_instance, root))
    yield from ask("memory", partial(check_memory, project.settings))
    source = list(ask("source", partial(check_source, project)))
    yield from source
    if all(one.level is not Level.FAIL for one in source):
        articles = project.batches.articles
        yield from ask("disk", partial(check_disk, project.settings, articles))
    yield from ask("servers", partial(check_servers, project.settings))


def _print(console: Console, finding: Finding) -> None:
    level = f"{finding.level.value:<{_LEVEL_WIDTH}} "
    text = f"{finding.name:<{_NAME_WIDTH}} {finding.found}"
    below = " " * (len(level) + _NAME_WIDTH + 1)
    say(console, text, first=level, indent=below, style=_STYLES[finding.level])
    if finding.remedy:
        say(console, finding.remedy, first=f"{below}→ ", indent=f"{below}  ")


def _print_total(console: Console, found: Sequence[Finding]) -> None:
    failures = sum(one.level is Level.FAIL for one in found)
    warnings = sum(one.level is Level.WARN for one in found)
    write(console, "")
    write(console, f"{len(found)} findings; failures: {failures}, warnings: {warnings}")
