"""Batches of articles: partition keys, and the rows of the source behind each.

A batch is `size` consecutive articles. Keys are computed from the settings alone, so that Dagster's
UI shows every batch before anything has run. Keys hold no comma (Dagster's separator) and sort in
the order of the articles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import dagster as dg

from relgen_assets.domain_errors import ConfigurationError

PARTITION_TAG: Final = "dagster/partition"
"""Tag of a run that holds the batch it works on. Runs are given their batch by it, since Dagster
refuses its own argument for jobs that hold only checks."""
_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class Batches:
    """A source divided into batches.

    Attributes:
        source: Name of the source, the prefix of every key.
        articles: Number of articles of the source.
        size: Articles per batch; the last batch may hold fewer.
    """

    source: str
    articles: int
    size: int

    @property
    def keys(self) -> list[str]:
        """All partition keys in order, e.g. `arxiv-00042`."""
        return [self._key(number) for number in range(self.count)]

    @property
    def count(self) -> int:
        """Number of batches."""
        return -(-self.articles // self.size)

    def rows(self, key: str) -> range:
        """Return the rows of the source that belong to a batch.

        Raises:
            ConfigurationError: There is no such batch.
        """
        number = key.removeprefix(f"{self.source}-")
        if not number.isdecimal() or int(number) >= self.count or key != self._key(int(number)):
            known = f"{self._key(0)} to {self._key(self.count - 1)}" if self.count else "none"
            raise ConfigurationError(
                "there is no such batch.", where=key, remedy=f"Batches are {known}."
            )
        start = int(number) * self.size
        return range(start, min(start + self.size, self.articles))

    def _key(self, number: int) -> str:
        return f"{self.source}-{number:0{_DIGITS}}"

    def definition(self) -> dg.StaticPartitionsDefinition:
        """Return the batches as Dagster partitions."""
        return dg.StaticPartitionsDefinition(self.keys)
