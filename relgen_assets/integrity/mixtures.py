"""Mixtures: a dataset whose batches were made with different prompts, models or rules.

Such rows are not wrong, but they teach two manners at once. A changed prompt leads there when only
some batches are run again. Pure functions of what shards and runs recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.shards import Shard

_ORIGINS: Final[Mapping[str, Callable[[ShardFacts], Iterable[str]]]] = {
    "summary prompts": lambda facts: facts.summary_prompt_versions,
    "summary models": lambda facts: facts.summary_models,
    "extraction prompts": lambda facts: facts.first_prompt_versions or facts.prompt_versions,
    "extraction models": lambda facts: facts.models,
    "forms of training rows": lambda facts: [facts.shaping],
}
"""What the rows of a shard can be made with. Each mode has a prompt of its own; chunks that were
asked about again, perhaps in another mode, do not count."""
_RULES: Final = "rules"


@dataclass(frozen=True, slots=True)
class Mixture:
    """Something that rows were made with, and that is not the same in all of them.

    Attributes:
        what: What it is, in the plural.
        batches: Batches with such rows, by value.
    """

    what: str
    batches: Mapping[str, list[str]]

    def __str__(self) -> str:
        """Return the values, each with its batches, in one line."""
        return f"{len(self.batches)} {self.what}: " + "; ".join(
            f"{value} in {_listed(keys)}" for value, keys in self.batches.items()
        )


def mixtures(shards: Iterable[Shard], rules: Mapping[str, str]) -> list[Mixture]:
    """Return everything that is not the same in all rows of the dataset.

    Args:
        shards: The shards; those of `full` say what their rows were made with.
        rules: Version of the rules that judged a batch, by batch, where it is known.
    """
    found: dict[str, dict[str, set[str]]] = {}
    batches: set[str] = set()
    for shard in shards:
        batches.add(shard.partition)
        if shard.facts is not None:
            for what, values in _ORIGINS.items():
                for value in values(shard.facts):
                    found.setdefault(what, {}).setdefault(value, set()).add(shard.partition)
    for batch in batches & rules.keys():
        found.setdefault(_RULES, {}).setdefault(rules[batch], set()).add(batch)
    return [
        Mixture(what, {value: sorted(keys) for value, keys in sorted(by_value.items())})
        for what, by_value in found.items()
        if len(by_value) > 1
    ]


def _listed(keys: list[str], most: int = 5) -> str:
    rest = len(keys) - most
    return ", ".join(keys[:most]) + (f" and {rest} more" if rest > 0 else "")
