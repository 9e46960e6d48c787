"""Requests about chunks: for entities and the relations between them.

Prompts come from `relgen_assets.prompts`; the pool sends the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from relgen_assets.generation.choices import answer_schema, choice_of, mode_of
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.generation.not_asked import NO_SUMMARY, NO_TAGGER
from relgen_assets.generation.prompt_tokens import estimate_tokens, knowing
from relgen_assets.generation.sampling import sampling_of
from relgen_assets.generation.templates import extraction_templates
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import Chunk, Mode
from relgen_assets.settings import ExtractionSettings
from resources.generation import GenerationRequest

EXTRACTION_TASK = "extraction"


@dataclass(frozen=True, slots=True)
class ExtractionTask:
    """One chunk to ask about.

    Attributes:
        mode: How the answer is constrained.
        candidates: Terms that entity names are restricted to; empty in mode `schema`.
        prompt_version: Version of the template; of both, joined by `+`, in mode `two_pass`.
        request: What to send, or `None` if the chunk is refused.
        refusal: Reason code of a refused chunk.
        first: What the first of two passes made of the chunk.
    """

    chunk: Chunk
    mode: Mode
    candidates: list[str]
    prompt_version: str
    request: GenerationRequest | None
    refusal: str | None = None
    first: FirstPass | None = None


@dataclass(frozen=True, slots=True)
class Questions:
    """Makes the questions about the chunks of a batch.

    Attributes:
        summaries: Summary by article id; an article without one is refused. `None` asks without
            summaries.
        settings: Sampling and bounds.
        count: Counts the SentencePiece tokens of a text.
        labels: Facts to store with each answer.
        prompts: The templates to fill.
        first_passes: What the first of two passes made of the chunks, by chunk id. Without names, a
            chunk is asked about as in mode `schema`.
    """

    summaries: Mapping[str, str] | None
    settings: ExtractionSettings
    count: Callable[[str], int]
    labels: Mapping[str, str]
    prompts: PromptSet
    first_passes: Mapping[str, FirstPass] = field(default_factory=dict[str, FirstPass])

    def task(self, chunk: Chunk, mode: Mode, halvings: int = 0) -> ExtractionTask:
        """Return the question about a chunk.

        Args:
            chunk: The chunk.
            mode: How entity names are constrained; a chunk that no tagger can read is asked about
                in mode `schema`, or refused, by the settings.
            halvings: How often the largest number of entities and relations is halved.
        """
        wanted, mode = mode, mode_of(chunk.text, mode)
        quoting = self.settings.quotes_evidence(mode)
        first = self.first_passes.get(chunk.chunk_id)
        choice = choice_of(chunk.text, mode, self.settings, first)
        templates = extraction_templates(
            mode, choice.terms, quote_evidence=quoting, summarised=self.summaries is not None
        )
        version = "+".join(map(self.prompts.version, templates))
        summary = None if self.summaries is None else self.summaries.get(chunk.paper_id)
        waits = self.summaries is not None and summary is None
        refusal = NO_SUMMARY if waits else choice.refusal
        if mode != wanted and self.settings.other_languages == "refuse":
            refusal = NO_TAGGER
        if refusal is not None:
            return ExtractionTask(chunk, mode, choice.terms, version, None, refusal, first)
        messages = self.prompts.extraction_messages(
            summary,
            chunk.text,
            candidates=choice.terms if mode == "candidates" else (),
            quotes=[f"{one.source} -> {one.target}: {one.sentence}" for one in choice.quotes],
            quote_evidence=quoting,
            entities=choice.terms if mode == "two_pass" else (),
            categories=self.settings.categories,
            scheme=self.settings.scheme,
        )
        bounds = self.settings.bounds(mode).halved(halvings)
        settings = self.settings
        request = GenerationRequest(
            subject=chunk.chunk_id,
            task=EXTRACTION_TASK,
            messages=messages,
            sampling=sampling_of(settings, bounds.tokens),
            prompt_tokens=estimate_tokens(messages, knowing(chunk, self.count)),
            json_schema=answer_schema(
                choice, mode, bounds, quote_evidence=quoting, scheme=settings.scheme
            ),
            affinity=chunk.paper_id,
            variant=settings.variant,
            labels={**self.labels, "prompt_version": version},
        )
        return ExtractionTask(chunk, mode, choice.terms, version, request, first=first)


def extraction_tasks(
    chunks: Iterable[Chunk],
    summaries: Mapping[str, str] | None,
    mode: Mode,
    settings: ExtractionSettings,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
    first_passes: Mapping[str, FirstPass] = MappingProxyType({}),
) -> list[ExtractionTask]:
    """Return one task for every chunk; the arguments are those of `Questions`."""
    questions = Questions(summaries, settings, count, labels, prompts, first_passes)
    return [questions.task(chunk, mode) for chunk in chunks]
