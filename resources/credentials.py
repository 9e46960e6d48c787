"""Secrets come from the environment or from a file, never from a setting.

A file is how containers hand secrets over: docker below `/run/secrets`, Kubernetes by a volume.
What was read is struck out wherever it would be shown (`resources.redaction`).
"""

from __future__ import annotations

import os
from pathlib import Path

from resources.errors import ConfigurationError
from resources.redaction import conceal


def read_secret(
    what: str, *, where: str, variable: str | None = None, file: str | None = None
) -> str | None:
    """Return a secret; `None` if neither a variable nor a file is named.

    Args:
        what: What the secret is, for errors, e.g. "the server's API key".
        where: Whose it is, for errors, e.g. "endpoint 'a'".
        variable: Name of the environment variable that holds it.
        file: File that holds it and nothing else; a line break at its end is left out.

    Raises:
        ConfigurationError: Both are named, the variable is not set, or the file cannot be read.
    """
    if variable is not None and file is not None:
        raise ConfigurationError(
            f"{what} is named twice: the environment variable {variable} and the file {file}.",
            where=where,
            remedy="Keep one of them.",
        )
    if variable is not None:
        return conceal(_from_environment(what, where, variable))
    return None if file is None else conceal(_from_file(what, where, file))


def _from_environment(what: str, where: str, variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ConfigurationError(
            f"the environment variable {variable} is not set.",
            where=where,
            remedy=f"Set it to {what}, or remove the setting that names it.",
        )
    return value


def _from_file(what: str, where: str, file: str) -> str:
    try:
        value = Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(
            f"the file {file} with {what} cannot be read: {reason}.",
            where=where,
            remedy="Correct the path, or give this user the right to read it.",
        ) from None
    if not value or not value.isprintable():
        raise ConfigurationError(
            f"the file {file} should hold {what} and nothing else.",
            where=where,
            remedy="Write the secret into it, in one line.",
        )
    return value
