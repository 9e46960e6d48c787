"""Errors of the domain: unreadable sources, refused partitions, datasets that do not fit.

The root, `ActionableError`, and the errors of servers and storage live in `resources.errors`.
"""

from __future__ import annotations

from resources.errors import ActionableError, ConfigurationError, StorageError

__all__ = [
    "ActionableError",
    "BatchInUse",
    "ChecksFailed",
    "ConfigurationError",
    "DatasetError",
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
