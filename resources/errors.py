"""The root of the project's error hierarchy, and the errors of the resources.

Every error that reaches a person says what happened, where, and what to do about it. The command
line prints these errors without a traceback; `step_failures` makes them the description of a failed
step, the remedy first. Errors of the domain belong to the project that uses these resources.

    ActionableError
    ├── ConfigurationError      a setting is missing or wrong
    ├── StorageError            a file or folder cannot be read or written
    ├── LedgerError             the generation ledger cannot be opened, read or written
    ├── HubError                a repository of the Hugging Face Hub cannot be read or changed
    └── PoolError               the language-model servers cannot do the work
        ├── NoEndpointLeft      every endpoint is out of service
        └── EmbeddedServerError the embedded llama.cpp server did not start or died
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.redaction import redacted


class ActionableError(Exception):
    """An error that tells a person what happened, where, and what to do.

    Its texts are redacted: what was caught may quote a URL or a server.

    Args:
        what: The fault, in one sentence.
        where: The affected file, setting, endpoint or partition; may be empty.
        remedy: What the reader can do about it; may be empty.

    Attributes:
        may_pass: Whether the same work may succeed later although nobody changes anything.
    """

    may_pass: bool = False

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = redacted(what)
        self.where = redacted(where)
        self.remedy = redacted(remedy)
        super().__init__(self.what, self.where, self.remedy)

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


class HubError(ActionableError):
    """A repository of the Hugging Face Hub cannot be read or changed.

    Args:
        what: The fault, in one sentence.
        where: The repository.
        remedy: What the reader can do about it.
        may_pass: Whether it may pass by itself, as when the network is down.
    """

    def __init__(
        self, what: str, *, where: str = "", remedy: str = "", may_pass: bool = False
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.may_pass = may_pass


class PoolError(ActionableError):
    """The pool of language-model servers cannot do what was asked."""


@dataclass(frozen=True, slots=True)
class LostEndpoint:
    """An endpoint that was out of service when its pool gave up.

    Attributes:
        state: Where it stood, in a few words.
        fault: Its last fault, as kind and detail; empty if it had none.
        seconds: How long it had taken no requests; at most as long as the batch.
    """

    name: str
    state: str
    fault: str
    seconds: float


class NoEndpointLeft(PoolError):
    """Every endpoint of the pool is out of service.

    Args:
        what: The fault, in one sentence.
        where: The pool.
        remedy: What the reader can do about it.
        endpoints: Every endpoint of the pool.
        may_pass: Whether a server may come back by itself; not if all were dismissed, for a wrong
            key for instance.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        endpoints: tuple[LostEndpoint, ...] = (),
        may_pass: bool = True,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.endpoints = endpoints
        self.may_pass = may_pass


class EmbeddedServerError(PoolError):
    """The embedded llama.cpp server did not start, or died."""
