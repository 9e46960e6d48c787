"""Errors of the domain: unreadable sources, refused partitions, datasets that do not fit.

The root, `ActionableError`, and the errors of servers and storage live in `resources.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resources.errors import ActionableError, ConfigurationError, StorageError

__all__ = [
    "ActionableError",
    "BatchInUse",
    "ChecksFailed",
    "ConfigurationError",
    "DatasetError",
    "MissingAnswers",
    "PartitionRefused",
    "SourceError",
    "StorageError",
]


class SourceError(ActionableError):
    """A source of articles is missing, unreadable, empty or lacks a column."""


class BatchInUse(ActionableError):
    """A run holds the batch, so no other command may change it."""


class ChecksFailed(ActionableError):
    """Checks of error severity failed; what depends on the checked assets was not made."""


class PartitionRefused(ActionableError):
    """A partition has more bad rows than its threshold allows and was not written."""


class DatasetError(ActionableError):
    """The dataset folder, or the tables it is made from, do not fit together."""


SHOWN_SUBJECTS: Final = 20
"""Most missing answers that a message names; a ledger that was not copied lacks them all."""


class MissingAnswers(ActionableError):
    """The ledger lacks answers that were to be taken from it alone.

    Args:
        where: What was looked for.
        subjects: Articles or chunks without an answer.
    """

    def __init__(self, where: str, subjects: Sequence[str]) -> None:
        self.subjects = list(subjects)
        named = ", ".join(self.subjects[:SHOWN_SUBJECTS])
        more = len(self.subjects) - SHOWN_SUBJECTS
        super().__init__(
            f"{len(self.subjects)} answers are not in the ledger, and nothing was asked:"
            f" {named}{f' and {more} more' if more > 0 else ''}.",
            where=where,
            remedy="Articles, settings, prompts and ledger have to be those of the release. What is"
            " really missing, a run asks: relgen run",
        )
