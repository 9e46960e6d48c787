"""The first pass of mode `two_pass`: requests for the names in chunks, and what is kept of them.

The pass has a task, a key and an entry in the ledger of its own: what is known of it is not asked
again, whatever becomes of the second pass, which is built in `extraction_requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from relgen_assets.extraction import entities_schema, grounded_names
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.generation.prompt_tokens import estimate_tokens, knowing
from relgen_assets.generation.sampling import sampling_of
from relgen_assets.generation.templates import ENTITIES_TEMPLATE
from relgen_assets.prompts import PromptSet, task_for
from relgen_assets.rows.models import Chunk
from relgen_assets.settings import ExtractionSettings
from resources.generation import Generation, GenerationRequest, Outcome

ENTITIES_TASK = "entities"
FEWEST_NAMES = 2
"""Fewest names of a chunk between which a relation can be asked for."""


def entity_requests(
    chunks: Iterable[Chunk],
    summaries: Mapping[str, str] | None,
    settings: ExtractionSettings,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
) -> list[GenerationRequest]:
    """Return the requests for the names in chunks; none for a chunk without a summary.

    Args:
        chunks: The chunks of a batch.
        summaries: Summary by article id; `None` asks without.
        settings: Sampling and bounds.
        count: Counts the SentencePiece tokens of a text.
        labels: Facts to store with each answer.
        prompts: The templates to fill.
    """
    bounds = settings.bounds("two_pass")
    template = task_for(ENTITIES_TEMPLATE, summarised=summaries is not None)
    labels = {**labels, "prompt_version": prompts.version(template)}
    requests: list[GenerationRequest] = []
    for chunk in chunks:
        summary = None if summaries is None else summaries.get(chunk.paper_id)
        if summaries is not None and summary is None:
            continue
        messages = prompts.entity_messages(
            summary, chunk.text, categories=settings.categories, scheme=settings.scheme
        )
        requests.append(
            GenerationRequest(
                subject=chunk.chunk_id,
                task=ENTITIES_TASK,
                messages=messages,
                sampling=sampling_of(settings, bounds.tokens),
                prompt_tokens=estimate_tokens(messages, knowing(chunk, count)),
                json_schema=entities_schema(max_entities=bounds.entities),
                affinity=chunk.paper_id,
                variant=settings.variant,
                labels=labels,
            )
        )
    return requests


def names_enough(
    chunks: Iterable[Chunk], settings: ExtractionSettings, policy: JudgingPolicy
) -> Callable[[Generation], bool]:
    """Return a predicate that accepts a list with names enough for a relation.

    Args:
        chunks: The chunks that are asked about.
        settings: Bounds.
        policy: Which misspelled names are taken for those of the text.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return lambda answer: bool(_names(answer, texts[answer.subject], settings, policy))


def first_passes(
    chunks: Iterable[Chunk],
    outcomes: Mapping[str, Outcome],
    settings: ExtractionSettings,
    policy: JudgingPolicy,
) -> dict[str, FirstPass]:
    """Return what the first pass made of each chunk that was asked about, by chunk id.

    Args:
        chunks: The chunks of a batch.
        outcomes: The outcomes of the first pass, by chunk id.
        settings: Bounds.
        policy: Which misspelled names are taken for those of the text.
    """
    found: dict[str, FirstPass] = {}
    for chunk in chunks:
        outcome = outcomes.get(chunk.chunk_id)
        if outcome is not None:
            answer = outcome if isinstance(outcome, Generation) else None
            names = _names(answer, chunk.text, settings, policy) if answer else []
            found[chunk.chunk_id] = FirstPass(names, outcome)
    return found


def _names(
    answer: Generation, text: str, settings: ExtractionSettings, policy: JudgingPolicy
) -> list[str]:
    """Return the names of an answer that its chunk has; none if they are too few for a relation."""
    names = grounded_names(answer.text, text, settings.bounds("two_pass").entities, policy)
    return names if len(names) >= FEWEST_NAMES else []
