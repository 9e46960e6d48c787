"""Wrong command lines as errors of this project: what, where, remedy, like wrong settings.

Typer would print a frame of its own. Only the wording is changed here, not what is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

from relgen_assets.domain_errors import ConfigurationError

_USAGE_ERROR: Final = cast("type[Any]", typer.BadParameter.__mro__[1])
"""The class of all wrong command lines, which typer does not export."""


class CommandGroup(TyperGroup):
    """Commands whose usage errors are `ConfigurationError`s."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the options before the command."""
        with _in_our_words():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Read the rest of the command line and run the command."""
        with _in_our_words():
            return super().invoke(ctx)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise  # without arguments a group prints its help
        where = error.ctx.command_path if error.ctx else "relgen"
        what = error.format_message().rstrip(".")
        raise ConfigurationError(
            what if what.endswith("?") else f"{what}.",
            where=where,
            remedy=f"See `{where} --help`.",
        ) from error
