"""What came of asking about one chunk under one setting: the counts that a comparison rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import judgement_of
from relgen_assets.rows.models import RawExtraction, ValidatedExtraction

Pair = tuple[str, str]
"""Source and target of a relation, as keys under which all spellings of a name are one."""


class PowerDraw(NamedTuple):
    """What an endpoint draws while it works.

    Attributes:
        watts: Its power.
        slots: Requests among which it is shared.
    """

    watts: float
    slots: int


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """One chunk, asked about under one setting.

    Attributes:
        chunk_id: Id of the chunk.
        article: Id of its article; chunks of one article are not independent.
        accepted: Whether the answer makes a row of the dataset.
        stated: Relations that the answer states, whatever the chunk says.
        supported: Relations of that row that the chunk states as well.
        pairs: Their sources and targets.
        tokens_read: Tokens of the prompt, of the attempt that counts.
        tokens_written: Tokens of the answer.
        seconds: Time of the request on its endpoint.
        watt_hours: Its share of the energy; `None` if the endpoint has no `watts`.
    """

    chunk_id: str
    article: str
    accepted: bool
    stated: int
    supported: int
    pairs: frozenset[Pair] = frozenset()
    tokens_read: int = 0
    tokens_written: int = 0
    seconds: float = 0.0
    watt_hours: float | None = None


def outcome_of(
    row: RawExtraction,
    verdict: ValidatedExtraction,
    text: str,
    policy: JudgingPolicy,
    power: Mapping[str, PowerDraw],
) -> ChunkOutcome:
    """Return what came of asking about a chunk.

    Args:
        row: The raw answer, or the record that there is none.
        verdict: The verdict on it.
        text: The chunk.
        policy: What happens to what the chunk does not say.
        power: What the endpoints draw, by name; those without `watts` are not there.
    """
    extraction = verdict.extraction
    supported = [
        relation
        for relation, evidence in zip(
            extraction.relations if extraction else [], verdict.evidence, strict=True
        )
        if evidence.fault is None
    ]
    drawn = power.get(row.endpoint)
    return ChunkOutcome(
        chunk_id=row.chunk_id,
        article=row.paper_id,
        accepted=extraction is not None,
        stated=max(len(supported), _stated(row, text, policy)),
        supported=len(supported),
        pairs=frozenset(
            (identity(source), identity(target))
            for relation in supported
            for source in relation.source_entities
            for target in relation.target_entities
        ),
        tokens_read=row.prompt_tokens,
        tokens_written=row.completion_tokens,
        seconds=row.seconds,
        watt_hours=drawn.watts * row.seconds / 3_600 / drawn.slots if drawn else None,
    )


def _stated(row: RawExtraction, text: str, policy: JudgingPolicy) -> int:
    """Return how many relations an answer states, those that would be dropped included."""
    if row.status != "completed":
        return 0
    lenient = replace(policy, absent_names="mark", unsupported_relations="mark")
    extraction = judgement_of(row, text, lenient).extraction
    return len(extraction.relations) if extraction else 0
