"""What the footer of a `full` shard says about its rows: a digest, and counts by origin.

From footers, the card and the checks learn the contents of a dataset without reading its rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field

from relgen_assets.export.configs import is_within
from relgen_assets.export.empty_rows import states_nothing
from relgen_assets.export.examples import FullExample
from relgen_assets.export.lengths import Lengths, measure, total
from relgen_assets.export.shaping import Shaping

_KEY: Final = b"relgen"


class ShardFacts(BaseModel):
    """The digest of a shard's rows, and the number of rows for each value of their origin.

    Attributes:
        first_prompt_versions: Prompts of the rows whose first answer was accepted: what a chunk is
            asked again with depends on the reason, so only these have to be alike.
        earlier_reasons: Rows that were asked for again, by the reason that led to it; a row counts
            once for each of its reasons.
        empty: Number of rows that state no relation.
        left_out: Number of such examples of the whole batch that were left out, in the facts of
            one of its shards.
        shaping: Version of the rules by which its training rows were written.
        lengths: How long its training rows are.
    """

    digest: str
    shaping: str
    lengths: Lengths
    articles: int
    sources: dict[str, int]
    models: dict[str, int]
    prompt_versions: dict[str, int]
    summary_models: dict[str, int]
    summary_prompt_versions: dict[str, int]
    student_prompts: dict[str, int]
    verdicts: dict[str, int]
    first_prompt_versions: dict[str, int] = Field(default_factory=dict[str, int])
    earlier_reasons: dict[str, int] = Field(default_factory=dict[str, int])
    empty: int = 0
    left_out: int = 0


def facts_of(examples: Sequence[FullExample], shaping: Shaping, left_out: int = 0) -> ShardFacts:
    """Count the examples of a shard by their origin, and hash them in order (SHA-256).

    Args:
        examples: The rows of the shard.
        shaping: How training rows are written.
        left_out: What the facts are to say of examples that were left out.
    """
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json().encode("utf-8"))
    return ShardFacts(
        digest=digest.hexdigest(),
        shaping=shaping.version,
        lengths=measure(examples, lambda example: is_within(example, shaping)),
        articles=len({example.paper_id for example in examples}),
        sources=Counter(example.source for example in examples),
        models=Counter(example.model for example in examples),
        prompt_versions=Counter(example.prompt_version for example in examples),
        summary_models=Counter(example.summary_model for example in examples),
        summary_prompt_versions=Counter(example.summary_prompt_version for example in examples),
        student_prompts=Counter(example.student_prompt for example in examples),
        verdicts=Counter(example.verdict for example in examples),
        first_prompt_versions=Counter(
            example.prompt_version for example in examples if example.attempt == 1
        ),
        earlier_reasons=Counter(
            reason for example in examples for reason in set(example.earlier_reasons)
        ),
        empty=sum(map(states_nothing, examples)),
        left_out=left_out,
    )


def merged(parts: Sequence[ShardFacts]) -> ShardFacts:
    """Return the facts of a shard that holds the rows of several, one after the other.

    Args:
        parts: The facts of each, in their order; no article is in two of them.
    """
    digest = hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest()
    shaping = "+".join(dict.fromkeys(part.shaping for part in parts))
    names = ShardFacts.model_fields.keys() - {"digest", "shaping", "lengths"}
    sums = {name: _sum([getattr(part, name) for part in parts]) for name in names}
    lengths = total(part.lengths for part in parts)
    return ShardFacts(digest=digest, shaping=shaping, lengths=lengths, **sums)


def footer_metadata(facts: ShardFacts) -> dict[bytes, bytes]:
    """Return the schema metadata that carries the facts in a parquet footer."""
    return {_KEY: facts.model_dump_json().encode()}


def has_facts(metadata: Mapping[bytes, bytes] | None) -> bool:
    """Return whether schema metadata carries facts, of this version or another."""
    return _KEY in (metadata or {})


def facts_in(metadata: Mapping[bytes, bytes] | None) -> ShardFacts:
    """Return the facts that schema metadata carries.

    Raises:
        pydantic.ValidationError: It carries none, or not all of them.
    """
    return ShardFacts.model_validate_json((metadata or {}).get(_KEY, b""))


def _sum(values: Sequence[Any]) -> Any:
    """Return the sum of numbers, or of counts by what they count."""
    return sum(map(Counter, values), Counter[str]()) if isinstance(values[0], dict) else sum(values)
