"""What the footer of a `full` shard says about its rows: a digest, and counts by origin.

From footers, the card and the checks learn the contents of a dataset without reading its rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import Field

from relgen_assets.export.batch_facts import BatchFacts
from relgen_assets.export.empty_rows import states_nothing
from relgen_assets.export.examples import FullExample
from relgen_assets.export.histograms import histogram
from relgen_assets.export.lengths import Lengths, measure, total
from relgen_assets.export.shaping import Shaping
from relgen_assets.extraction.languages import language_of

UNKNOWN_LANGUAGE: Final = "und"
"""Code for a language that is not certain, as ISO 639-2 has it."""
_KEY: Final = b"relgen"


def _is_empty(counts: dict[str, int]) -> bool:
    return not counts


class ShardFacts(BatchFacts):
    """The digest of a shard's rows, and the number of rows for each value of their origin.

    The counts over a whole batch are in the facts of one of its shards, and nothing in the others.

    Attributes:
        first_prompt_versions: Prompts of the rows whose first answer was accepted: what a chunk is
            asked again with depends on the reason, so only these have to be alike.
        earlier_reasons: Rows that were asked for again, by the reason that led to it; a row counts
            once for each of its reasons.
        empty: Number of rows that state no relation.
        licences: Articles by licence.
        publishable: Rows that may be published, by the reason why.
        not_publishable: The others, by the reason why not.
        languages: Rows by the language of abstract and chunk.
        modes: Rows by how decoding was constrained.
        repairs: Rows by each repair that their answer needed.
        names: Entities by how they occur in the text.
        entity_types: Entities by their type, those that have one.
        relation_types: Relations by their type, those that have one.
        relations: Number of relations.
        faults: Relations that the text does not support, by fault; they are among `relations`.
        chunk_tokens: Rows by the length of their chunk, in buckets, as are the next three.
        summary_words: Rows by the length of their summary, in words.
        answer_tokens: Rows by the length of their extraction.
        row_tokens: Rows by the length of prompt and extraction.
        overlapping: Rows that overlap with an evaluation set, by its file.
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
    student_prompt_versions: dict[str, int]
    licences: dict[str, int]
    publishable: dict[str, int]
    not_publishable: dict[str, int]
    languages: dict[str, int]
    modes: dict[str, int]
    repairs: dict[str, int]
    names: dict[str, int]
    entity_types: dict[str, int] = Field(default_factory=dict[str, int], exclude_if=_is_empty)
    relation_types: dict[str, int] = Field(default_factory=dict[str, int], exclude_if=_is_empty)
    relations: int
    faults: dict[str, int]
    chunk_tokens: dict[str, int]
    summary_words: dict[str, int]
    answer_tokens: dict[str, int]
    row_tokens: dict[str, int]
    overlapping: dict[str, int]


def facts_of(
    examples: Sequence[FullExample], shaping: Shaping, batch: BatchFacts | None = None
) -> ShardFacts:
    """Count the examples of a shard by their origin, and hash them in order (SHA-256).

    Args:
        examples: The rows of the shard.
        shaping: How training rows are written.
        batch: What the facts are to say of the whole batch.
    """
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json().encode("utf-8"))
    return ShardFacts(
        digest=digest.hexdigest(),
        shaping=shaping.version,
        lengths=measure(examples),
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
            reason for example in examples for reason in dict.fromkeys(example.earlier_reasons)
        ),
        empty=sum(map(states_nothing, examples)),
        **_counts_of_rows(examples),
        **(batch or BatchFacts()).model_dump(),
    )


def _counts_of_rows(examples: Sequence[FullExample]) -> dict[str, Any]:
    """Return what the texts, names and rights of rows amount to."""
    allowed, refused = Counter[str](), Counter[str]()
    for example in examples:
        (allowed if example.publishable else refused)[example.publishing_reason] += 1
    found = [one for example in examples for one in example.evidence]
    return {
        "student_prompt_versions": Counter(one.student_prompt_version for one in examples),
        "licences": Counter({one.paper_id: one.licence for one in examples}.values()),
        "publishable": allowed,
        "not_publishable": refused,
        "languages": Counter(map(_language, examples)),
        "modes": Counter(one.mode for one in examples),
        "repairs": Counter(repair for one in examples for repair in dict.fromkeys(one.repairs)),
        "names": Counter(name.status for one in examples for name in one.grounding),
        "entity_types": Counter(
            type_ for one in examples for type_ in one.entity_types or () if type_ is not None
        ),
        "relation_types": Counter(
            relation.type
            for one in examples
            for relation in one.relations
            if relation.type is not None
        ),
        "relations": len(found),
        "faults": Counter(one.fault for one in found if one.fault),
        "chunk_tokens": histogram(one.tokens for one in examples),
        "summary_words": histogram(len(one.summary.split()) for one in examples),
        "answer_tokens": histogram(one.student_answer_tokens for one in examples),
        "row_tokens": histogram(one.student_tokens for one in examples),
        "overlapping": Counter(name for one in examples for name in one.overlaps),
    }


def _language(example: FullExample) -> str:
    return language_of(f"{example.abstract}\n{example.chunk}") or UNKNOWN_LANGUAGE


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
