"""Errors of the domain: sources that cannot be read, partitions that must not be written.

The root, `ActionableError`, and the errors of servers and storage live in `resources.errors`.
"""

from __future__ import annotations

from resources.errors import ActionableError, ConfigurationError, StorageError

__all__ = [
    "ActionableError",
    "ConfigurationError",
    "DatasetError",
    "PartitionRefused",
    "SourceError",
    "StorageError",
]


class SourceError(ActionableError):
    """A source of articles is missing, unreadable, empty or lacks a column."""


class PartitionRefused(ActionableError):
    """A partition holds more bad rows than its named threshold allows, and was not written."""


class DatasetError(ActionableError):
    """The dataset folder, or the tables it is made from, do not fit together."""
