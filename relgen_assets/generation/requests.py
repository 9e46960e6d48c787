"""Requests about an article or a chunk, and the rows made from their answers.

Prompts come from `relgen_assets.prompts`; the pool sends the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from relgen_assets.extraction import (
    Quote,
    extraction_schema,
    quote_schema,
    quotes,
    relations_schema,
)
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.prompts import PromptSet, PromptTask
from relgen_assets.rows.models import ChatMessage, Chunk, Mode, Paper, RawExtraction, Summary
from relgen_assets.settings import AnswerBounds, ExtractionSettings, SummarySettings
from relgen_assets.text.candidates import candidate_terms
from resources.generation import (
    Failure,
    FailureReason,
    Generation,
    GenerationRequest,
    Message,
    Outcome,
    Sampling,
    next_attempt,
)
from resources.generation_ledger.keys import generation_key

SUMMARY_TASK = "summary"
EXTRACTION_TASK = "extraction"
NO_SUMMARY = "no_summary"
"""The article has no summary, which the request needs."""
NO_CANDIDATES = "no_candidates"
"""The chunk has fewer than two candidate terms, and a relation needs two entities."""
NO_QUOTES = "no_quotes"
"""No sentence of the chunk states by itself how one term acts on another."""
QUOTED_TERMS = 200
"""Most terms of a chunk between which quotes are looked for."""

_MESSAGE_TOKENS = 8
"""Tokens a chat template adds around one message (ChatML adds five, LLaMA-2 about eight)."""

_ESTIMATE_MARGIN = 1.1
"""On scientific English, other tokenizers stay within ten percent of SentencePiece v1."""

_TEMPLATES: Mapping[Mode, PromptTask] = {
    "candidates": "extraction_candidates",
    "quote": "extraction_quote",
    "schema": "extraction_schema",
    "two_pass": "extraction_relations",
}
ENTITIES_TEMPLATE: PromptTask = "extraction_entities"
"""The template of the first of two passes."""
VARIANT_SEED_STEP = 1_000
"""Distance between the seeds of two variants; attempts, which add 1 each, are fewer."""


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


def count_tokens(messages: Sequence[Message], count: Callable[[str], int]) -> int:
    """Return the SentencePiece tokens of a prompt, including the chat template."""
    return sum(count(message["content"]) + _MESSAGE_TOKENS for message in messages)


def estimate_tokens(messages: Sequence[Message], count: Callable[[str], int]) -> int:
    """Return an upper estimate of a prompt's tokens for a model with an unknown tokenizer."""
    return int(count_tokens(messages, count) * _ESTIMATE_MARGIN)


def summary_request(
    paper: Paper,
    settings: SummarySettings,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
) -> GenerationRequest:
    """Return the request for the summary of an article."""
    messages = prompts.summary_messages(paper)
    return GenerationRequest(
        subject=paper.paper_id,
        task=SUMMARY_TASK,
        messages=messages,
        sampling=Sampling(settings.temperature, settings.max_tokens, seed=seed_of(settings)),
        prompt_tokens=estimate_tokens(messages, count),
        affinity=paper.paper_id,
        variant=settings.variant,
        labels={**labels, "prompt_version": prompts.version("summary")},
    )


def summary_row(request: GenerationRequest, outcome: Outcome) -> Summary:
    """Return the row of a summary request, answered or failed."""
    return Summary(paper_id=request.subject, **generated_columns(request, outcome))


@dataclass(frozen=True, slots=True)
class Questions:
    """Makes the questions about the chunks of a batch.

    Attributes:
        summaries: Summary by article id; an article without one is refused.
        settings: Sampling and bounds.
        count: Counts the SentencePiece tokens of a text.
        labels: Facts to store with each answer.
        prompts: The templates to fill.
        first_passes: What the first of two passes made of the chunks, by chunk id. Without names, a
            chunk is asked about as in mode `schema`.
    """

    summaries: Mapping[str, str]
    settings: ExtractionSettings
    count: Callable[[str], int]
    labels: Mapping[str, str]
    prompts: PromptSet
    first_passes: Mapping[str, FirstPass] = field(default_factory=dict[str, FirstPass])

    def task(self, chunk: Chunk, mode: Mode, halvings: int = 0) -> ExtractionTask:
        """Return the question about a chunk.

        Args:
            chunk: The chunk.
            mode: How entity names are constrained.
            halvings: How often the largest number of entities and relations is halved.
        """
        quoting = self.settings.quotes_evidence(mode)
        first = self.first_passes.get(chunk.chunk_id)
        choice = _choice(chunk.text, mode, self.settings, first)
        templates = extraction_templates(mode, choice.terms, quote_evidence=quoting)
        version = "+".join(map(self.prompts.version, templates))
        summary = self.summaries.get(chunk.paper_id)
        refusal = NO_SUMMARY if summary is None else choice.refusal
        if summary is None or refusal is not None:
            return ExtractionTask(chunk, mode, choice.terms, version, None, refusal, first)
        messages = self.prompts.extraction_messages(
            summary,
            chunk.text,
            candidates=choice.terms if mode == "candidates" else (),
            quotes=[f"{one.source} -> {one.target}: {one.sentence}" for one in choice.quotes],
            quote_evidence=quoting,
            entities=choice.terms if mode == "two_pass" else (),
        )
        bounds = self.settings.bounds(mode).halved(halvings)
        settings = self.settings
        request = GenerationRequest(
            subject=chunk.chunk_id,
            task=EXTRACTION_TASK,
            messages=messages,
            sampling=Sampling(settings.temperature, bounds.tokens, seed=seed_of(settings)),
            prompt_tokens=estimate_tokens(messages, knowing(chunk, self.count)),
            json_schema=_schema(choice, mode, bounds, quote_evidence=quoting),
            affinity=chunk.paper_id,
            variant=settings.variant,
            labels={**self.labels, "prompt_version": version},
        )
        return ExtractionTask(chunk, mode, choice.terms, version, request, first=first)


def extraction_tasks(
    chunks: Iterable[Chunk],
    summaries: Mapping[str, str],
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


def extraction_template(mode: Mode, *, quote_evidence: bool = False) -> PromptTask:
    """Return the prompt template that a mode uses; of two passes that of the second."""
    return "extraction_evidence" if quote_evidence else _TEMPLATES[mode]


def extraction_templates(
    mode: Mode, terms: Sequence[str], *, quote_evidence: bool = False
) -> tuple[PromptTask, ...]:
    """Return the prompt templates that a chunk was asked about with, in their order.

    Args:
        mode: How entity names are constrained.
        terms: What they are restricted to; without any, the second of two passes asks freely.
        quote_evidence: Whether answers with free names quote the chunk for each relation.
    """
    if mode != "two_pass":
        return (extraction_template(mode, quote_evidence=quote_evidence),)
    return (ENTITIES_TEMPLATE, _TEMPLATES[mode if terms else "schema"])


def extraction_row(
    task: ExtractionTask, outcome: Outcome | None, earlier_reasons: Sequence[str] = ()
) -> RawExtraction:
    """Return the row of a chunk: answered, failed, or refused without being sent.

    Args:
        task: What was asked in the attempt that the outcome is of.
        outcome: The answer or failure.
        earlier_reasons: Why the answers of earlier attempts were not usable.
    """
    columns = {
        "chunk_id": task.chunk.chunk_id,
        "paper_id": task.chunk.paper_id,
        "mode": task.mode,
        "candidates": task.candidates,
        "earlier_reasons": list(earlier_reasons),
    }
    failed = task.first.failure if task.first else None
    if task.request is None or outcome is None:
        status = _status(failed) if failed else "refused"
        missing = _unanswered(status, task.refusal, task.prompt_version, ())
        return RawExtraction(**columns, **missing)
    generated = generated_columns(task.request, outcome)
    if task.first is not None and task.first.answer is not None:
        for cost in ("prompt_tokens", "completion_tokens", "seconds"):
            generated[cost] += getattr(task.first.answer, cost)  # no pass is hidden
    return RawExtraction(**columns, **generated)


class _Choice(NamedTuple):
    """What an answer about a chunk may choose from; nothing in mode `schema`.

    Attributes:
        refusal: Why there is nothing to choose from, if the mode needs it.
    """

    terms: list[str]
    quotes: list[Quote]
    refusal: str | None


def _choice(
    text: str, mode: Mode, settings: ExtractionSettings, first: FirstPass | None
) -> _Choice:
    if mode == "two_pass" and first is not None:
        return _Choice(first.names, [], first.failure.reason if first.failure else None)
    if mode == "candidates":
        terms = candidate_terms(text, settings.max_candidates)
        # A relation needs two entities.
        return _Choice(terms, [], NO_CANDIDATES if len(terms) < 2 else None)
    if mode == "quote":
        found = quotes(text, candidate_terms(text, QUOTED_TERMS), settings.max_candidates)
        named = dict.fromkeys(term for one in found for term in (one.source, one.target))
        return _Choice(list(named), found, None if found else NO_QUOTES)
    return _Choice([], [], None)


def _schema(
    choice: _Choice, mode: Mode, bounds: AnswerBounds, *, quote_evidence: bool
) -> dict[str, Any]:
    limits = {"max_entities": bounds.entities, "max_relations": bounds.relations}
    if mode == "two_pass" and choice.terms:
        return relations_schema(choice.terms, **limits)
    if choice.quotes:
        return quote_schema(choice.quotes, **limits)
    return extraction_schema(candidates=choice.terms, quote_evidence=quote_evidence, **limits)


def knowing(chunk: Chunk, count: Callable[[str], int]) -> Callable[[str], int]:
    """Return a counter that takes the tokens of a chunk from its row instead of encoding it again.

    What is left of the messages is the same for all chunks of an article, and short.
    """

    def counted(text: str) -> int:
        rest = text.replace(chunk.text, "")
        times = (len(text) - len(rest)) // len(chunk.text)
        return count(rest) + times * chunk.tokens

    return counted


def seed_of(settings: SummarySettings | ExtractionSettings) -> int:
    """Return the seed of a first attempt."""
    # The same seed gives the same answer, so each variant needs its own.
    return settings.seed + (settings.variant - 1) * VARIANT_SEED_STEP


def _key(request: GenerationRequest, answer: Generation) -> str:
    """Return the ledger key of an answer, which may come from a later attempt."""
    while request.attempt < answer.attempt:
        request = next_attempt(request)
    return generation_key(request, answer.model)


def generated_columns(request: GenerationRequest, outcome: Outcome) -> dict[str, Any]:
    """Return the columns of `GeneratedRow` except the ids."""
    version = request.labels["prompt_version"]
    if not isinstance(outcome, Generation):
        return _unanswered(_status(outcome), outcome.reason, version, request.messages)
    return {
        "status": "completed",
        "reason": None,
        "prompt_version": version,
        "messages": [ChatMessage(**message) for message in request.messages],
        "text": outcome.text,
        "finish_reason": outcome.finish_reason,
        "model": outcome.model,
        "endpoint": outcome.endpoint,
        "prompt_tokens": outcome.prompt_tokens,
        "completion_tokens": outcome.completion_tokens,
        "seconds": outcome.seconds,
        "attempt": outcome.attempt,
        "key": _key(request, outcome),
    }


def _status(failure: Failure) -> str:
    return "refused" if failure.reason == FailureReason.CONTEXT_EXCEEDED else "failed"


def _unanswered(
    status: str, reason: str | None, version: str, messages: Sequence[Message]
) -> dict[str, Any]:
    return {
        "status": status,
        "reason": reason,
        "prompt_version": version,
        "messages": [ChatMessage(**message) for message in messages],
        "text": "",
        "finish_reason": "",
        "model": "",
        "endpoint": "",
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "seconds": 0.0,
        "attempt": 0,
        "key": "",
    }
