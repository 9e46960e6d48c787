"""What the footer of a `full` shard says about its rows: a digest, and counts by origin.

From footers, the card and the checks learn the contents of a dataset without reading its rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from relgen_assets.export.examples import FullExample

_KEY: Final = b"relgen"


class ShardFacts(BaseModel):
    """The digest of a shard's rows, and the number of rows for each value of their origin."""

    digest: str
    articles: int
    sources: dict[str, int]
    models: dict[str, int]
    prompt_versions: dict[str, int]
    summary_models: dict[str, int]
    summary_prompt_versions: dict[str, int]
    verdicts: dict[str, int]


def facts_of(examples: Sequence[FullExample]) -> ShardFacts:
    """Count the examples of a shard by their origin, and hash them in order (SHA-256)."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json().encode("utf-8"))
    return ShardFacts(
        digest=digest.hexdigest(),
        articles=len({example.paper_id for example in examples}),
        sources=Counter(example.source for example in examples),
        models=Counter(example.model for example in examples),
        prompt_versions=Counter(example.prompt_version for example in examples),
        summary_models=Counter(example.summary_model for example in examples),
        summary_prompt_versions=Counter(example.summary_prompt_version for example in examples),
        verdicts=Counter(example.verdict for example in examples),
    )


def merged(parts: Sequence[ShardFacts]) -> ShardFacts:
    """Return the facts of a shard that holds the rows of several, one after the other.

    Args:
        parts: The facts of each, in their order; no article is in two of them.
    """
    digest = hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest()
    names = ShardFacts.model_fields.keys() - {"digest"}
    sums = {name: _sum([getattr(part, name) for part in parts]) for name in names}
    return ShardFacts(digest=digest, **sums)


def footer_metadata(facts: ShardFacts) -> dict[bytes, bytes]:
    """Return the schema metadata that carries the facts in a parquet footer."""
    return {_KEY: facts.model_dump_json().encode()}


def facts_in(metadata: Mapping[bytes, bytes] | None) -> ShardFacts:
    """Return the facts that schema metadata carries.

    Raises:
        pydantic.ValidationError: It carries none, or not all of them.
    """
    return ShardFacts.model_validate_json((metadata or {}).get(_KEY, b""))


def _sum(values: Sequence[Any]) -> Any:
    """Return the sum of numbers, or of counts by what they count."""
    return sum(map(Counter, values), Counter[str]()) if isinstance(values[0], dict) else sum(values)
