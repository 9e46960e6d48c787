"""Batches of articles as Dagster's partitions, and which articles are behind each.

Dagster's UI shows every batch before anything has run, so keys follow from manifests and from the
number of articles. Keys hold no comma (Dagster's separator). How a source is divided belongs to
`batching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import dagster as dg

from relgen_assets.batching.manifest import Manifest
from relgen_assets.batching.plan import Plan
from relgen_assets.domain_errors import ConfigurationError

PARTITION_TAG: Final = "dagster/partition"
"""Tag of a run that holds the batch it works on. Runs are given their batch by it, since Dagster
refuses its own argument for jobs that hold only checks."""


@dataclass(frozen=True)
class Batches:
    """The batches of a project.

    Attributes:
        plan: How the source is divided.
        manifests: The manifests of all batches, also of those that the source has no more.
        version: Version of the source that was planned.
    """

    plan: Plan
    manifests: Mapping[str, Manifest] = field(default_factory=dict[str, Manifest])
    version: str = ""

    @property
    def keys(self) -> list[str]:
        """All partition keys in order, e.g. `arxiv-00042`."""
        return self.plan.keys

    @property
    def count(self) -> int:
        """Number of batches."""
        return len(self.plan.keys)

    @property
    def articles(self) -> int:
        """Number of articles of the source."""
        return self.plan.articles

    def __contains__(self, key: object) -> bool:
        """Return whether there is such a batch."""
        return key in self.plan.begun or key in self.plan.new

    def require(self, key: str) -> None:
        """Refuse the key of no batch.

        Raises:
            ConfigurationError: There is no such batch.
        """
        if key not in self:
            keys = self.keys
            known = f"{keys[0]} to {keys[-1]}" if keys else "none"
            raise ConfigurationError(
                "there is no such batch.", where=key, remedy=f"Batches are {known}."
            )

    def size_of(self, key: str) -> int:
        """Return the number of articles of a batch: those it was begun with, or will be.

        Raises:
            ConfigurationError: There is no such batch.
        """
        if (manifest := self.manifests.get(key)) is not None:
            return len(manifest.articles)
        self.require(key)
        return len(self.plan.new[key])

    def rows(self, key: str) -> list[int]:
        """Return the rows of the source that a batch has now, in its order.

        Raises:
            ConfigurationError: There is no such batch.
        """
        self.require(key)
        if (places := self.plan.begun.get(key)) is not None:
            return [place.row for place in places if place.row is not None]
        return list(self.plan.new[key])

    def definition(self) -> dg.StaticPartitionsDefinition:
        """Return the batches as Dagster partitions."""
        return self._definition

    @cached_property
    def _definition(self) -> dg.StaticPartitionsDefinition:
        return dg.StaticPartitionsDefinition(self.keys)  # checks every key, so only once
