"""Sends the first pass of mode `two_pass` through the pool, for batches and for single chunks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.entity_pass import (
    ENTITIES_TASK,
    entity_requests,
    first_passes,
    names_enough,
)
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import Chunk, Mode
from relgen_assets.settings import ExtractionSettings
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import BatchReport


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of the first pass; nothing in a mode that has one pass.

    Attributes:
        passes: What it made of each chunk, by chunk id.
        reports: What it cost.
    """

    passes: Mapping[str, FirstPass] = field(default_factory=dict[str, FirstPass])
    reports: tuple[BatchReport, ...] = ()


def ask_first(
    pool: LlamaServerPool,
    chunks: Sequence[Chunk],
    summaries: Mapping[str, str] | None,
    mode: Mode,
    settings: ExtractionSettings,
    policy: JudgingPolicy,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
    leave_out: Collection[str] = (),
) -> Asked:
    """Ask for the names in chunks, if the mode has two passes; what the ledger knows is not sent.

    Args:
        pool: The servers.
        chunks: The chunks of a batch.
        summaries: Summary by article id; a chunk without one is not asked about. `None`
            asks without.
        mode: How entity names are constrained.
        settings: Sampling, bounds and attempts.
        policy: Which misspelled names are taken for those of the text.
        count: Counts the SentencePiece tokens of a text.
        labels: Facts to store with each answer.
        prompts: The templates to fill.
        leave_out: Names of endpoints that take no part.

    Raises:
        NoEndpointLeft: No server answers; the answers so far are in the ledger.
    """
    if mode != "two_pass":
        return Asked()
    result = pool.generate(
        entity_requests(chunks, summaries, settings, count, labels, prompts=prompts),
        accept=names_enough(chunks, settings, policy),
        attempts=settings.attempts,
        leave_out=leave_out,
        title=ENTITIES_TASK,
    )
    return Asked(first_passes(chunks, result.outcomes, settings, policy), (result.report,))
