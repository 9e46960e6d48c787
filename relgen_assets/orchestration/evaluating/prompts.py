"""With which prompt an endpoint is asked: those of the run, or that of a student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast, get_args

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.models import StudentPrompt

RUN: Final = "run"
STUDENT: Final = "student"
_REMEDY: Final = (
    f"Use `{RUN}`, `{STUDENT}` or `{STUDENT}:VARIANT`, where VARIANT is one of"
    f" {', '.join(get_args(StudentPrompt))}."
)


@dataclass(frozen=True, slots=True)
class Asking:
    """With which prompt an endpoint is asked.

    Attributes:
        student: The student prompt; `None` for the prompts of the run.
    """

    student: StudentPrompt | None = None

    @property
    def name(self) -> str:
        """As users write it."""
        return RUN if self.student is None else f"{STUDENT}:{self.student}"

    @property
    def shows_summary(self) -> bool:
        """Whether the summary of a document is part of the prompt."""
        return self.student is None or not self.student.startswith("summary_none")


def asking(written: str, default: StudentPrompt) -> Asking:
    """Return the prompt that a user names.

    Args:
        written: `run`, `student` or `student:VARIANT`.
        default: The student prompt of the settings.

    Raises:
        ConfigurationError: There is no such prompt.
    """
    kind, mark, variant = written.partition(":")
    if written == RUN:
        return Asking()
    if kind == STUDENT and not mark:
        return Asking(default)
    if kind == STUDENT and variant in get_args(StudentPrompt):
        return Asking(cast("StudentPrompt", variant))
    raise ConfigurationError("there is no such prompt.", where=written, remedy=_REMEDY)


def askings(written: Sequence[str], default: StudentPrompt, endpoints: int) -> list[Asking]:
    """Return the prompt for each of some endpoints.

    Args:
        written: None for the prompts of the run, one for all endpoints, or one for each.
        default: The student prompt of the settings.
        endpoints: Number of endpoints.

    Raises:
        ConfigurationError: There is no such prompt, or their number fits no endpoints.
    """
    named = [asking(one, default) for one in written or [RUN]]
    if len(named) not in (1, endpoints):
        raise ConfigurationError(
            f"{len(named)} prompts are named for {endpoints} endpoints.",
            where="--prompt",
            remedy="Name one for all endpoints, or one for each in their order.",
        )
    return named * endpoints if len(named) == 1 else named
