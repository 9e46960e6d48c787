"""Python and packages: what `relgen` needs, and the versions it was tested with."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from relgen_assets.cli.diagnosis.findings import Finding, Level, ok
from relgen_assets.orchestration.home import shipped_file

_DISTRIBUTION = "relgen-assets"
_OLDEST = (3, 11)
_INSTALL = f"Install it again, with the versions it was tested with: pip install -U {_DISTRIBUTION}"


def check_python() -> Iterator[Finding]:
    """Yield which Python runs, and whether it is new enough."""
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.version_info < _OLDEST:
        yield Finding("python", Level.FAIL, found, "Python 3.11 or newer is needed.")
    else:
        yield ok("python", found)


def check_packages() -> Iterator[Finding]:
    """Yield which needed packages are missing, too old, or not the tested ones."""
    try:
        needed = [Requirement(text) for text in metadata.requires(_DISTRIBUTION) or ()]
    except metadata.PackageNotFoundError:
        yield Finding("packages", Level.WARN, f"{_DISTRIBUTION} is not installed", _INSTALL)
        return
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    unmet, untested = _compare(needed, _tested())
    for text in unmet:
        yield Finding("packages", Level.FAIL, text, _INSTALL)
    if untested:
        yield Finding(
            "packages",
            Level.WARN,
            f"other versions than the tested ones: {', '.join(untested)}",
            "They may work. If something fails, install the tested versions of constraints.txt.",
        )
    if not unmet and not untested:
        yield ok("packages", f"{len(needed)} needed, all of them in the tested versions")


def _compare(needed: list[Requirement], tested: dict[str, Version]) -> tuple[list[str], list[str]]:
    """Return what does not meet its requirement, and what has another version than was tested."""
    unmet: list[str] = []
    untested: list[str] = []
    for requirement in needed:
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            unmet.append(f"{requirement.name} is missing")
            continue
        known = tested.get(canonicalize_name(requirement.name))
        if not requirement.specifier.contains(installed, prereleases=True):
            unmet.append(f"{requirement.name} is {installed}, needed is {requirement.specifier}")
        elif known is not None and Version(installed) != known:
            untested.append(f"{requirement.name} {installed} (tested: {known})")
    return unmet, untested


def _tested() -> dict[str, Version]:
    """Return the tested version of each package."""
    lines = shipped_file("constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pins}
