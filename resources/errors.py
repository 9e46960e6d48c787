"""The root of the project's error hierarchy, and the errors of the resources.

Every error that reaches a person says what happened, where, and what to do about it. The command
line prints these errors without a traceback; Dagster's UI shows them as the description of a failed
step. Errors of the domain belong to the project that uses these resources.

    ActionableError
    ├── ConfigurationError      a setting is missing or wrong
    ├── StorageError            a file or folder cannot be read or written
    ├── LedgerError             the generation ledger cannot be opened, read or written
    └── PoolError               the language-model servers cannot do the work
        ├── NoEndpointLeft      every endpoint is out of service
        └── EmbeddedServerError the embedded llama.cpp server did not start or died
"""

from __future__ import annotations


class ActionableError(Exception):
    """An error that tells a person what happened, where, and what to do.

    Args:
        what: The fault, in one sentence.
        where: The affected file, setting, endpoint or partition; may be empty.
        remedy: What the reader can do about it; may be empty.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        """Return the fault, its place and its remedy in one paragraph."""
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class ConfigurationError(ActionableError):
    """A setting is missing, unknown or has an invalid value."""


class StorageError(ActionableError):
    """A file or folder cannot be read or written."""


class LedgerError(ActionableError):
    """The generation ledger cannot be opened, read or written."""


class PoolError(ActionableError):
    """The pool of language-model servers cannot do what was asked."""


class NoEndpointLeft(PoolError):
    """Every endpoint of the pool is out of service."""


class EmbeddedServerError(PoolError):
    """The embedded llama.cpp server did not start, or died."""
