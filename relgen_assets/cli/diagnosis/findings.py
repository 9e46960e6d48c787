"""The answer to one question of `relgen doctor`, and the way questions are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from relgen_assets.domain_errors import ActionableError


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    """A run works, but less well than it could, or perhaps not to its end."""
    FAIL = "fail"
    """A run would fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        name: What was looked at, in a word or two.
        level: How bad it is.
        found: What was found, in one sentence or less.
        remedy: What to do; empty if nothing.
    """

    name: str
    level: Level
    found: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]
"""Looks at one thing. Findings are yielded as they come, since some take seconds."""


def ask(name: str, check: Check) -> Iterator[Finding]:
    """Yield the findings of a check; an error of the check is one, too.

    Args:
        name: Name of the finding that reports an error.
        check: The check.
    """
    try:
        yield from check()
    except ActionableError as error:
        place = f"{error.where}: " if error.where else ""
        yield Finding(name, Level.FAIL, f"{place}{error.what}", error.remedy)
    except Exception as error:  # whatever it is, the other checks still help
        yield Finding(
            name, Level.FAIL, f"this could not be checked: {type(error).__name__}: {error}"
        )


def ok(name: str, found: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(name, Level.OK, found)
