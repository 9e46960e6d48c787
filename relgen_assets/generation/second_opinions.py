"""Requests for a second opinion on each relation that the rules keep, and the rows of the answers.

One request a relation: it shows the evidence alone, a tenth of a chunk, so that all of them cost
less than the chunk once more. Instructions and examples are the same for all, and stay in the
prefix cache of a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relgen_assets.extraction import judge
from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.second_opinion import Claim, claims, read_opinion
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.extraction.validation import judgement_of
from relgen_assets.generation.answer_columns import generated_columns
from relgen_assets.generation.prompt_tokens import estimate_tokens
from relgen_assets.prompts import PromptSet, PromptTask
from relgen_assets.rows.models import Chunk, RawExtraction, Relation, SecondOpinion
from resources.generation import Generation, GenerationRequest, Outcome, Sampling

SECOND_OPINION_TASK = "second_opinion"
VERIFICATION: Final[PromptTask] = "verification"
"""The template of these requests."""
ATTEMPTS = 2
"""Content attempts for an opinion: an unusable one is asked for again once."""
SAMPLING: Final = Sampling(temperature=0.0, max_tokens=120, seed=0)
"""A verdict is no matter of taste: the most likely answer counts."""
MAX_QUOTE = 160
"""Longest quote of an opinion, in characters."""
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        # The quote comes first: a model, which cannot look ahead, judges what it has just read.
        "quote": {"type": "string", "maxLength": MAX_QUOTE},
        "stated": {"type": "string", "enum": ["yes", "no"]},
    },
    "required": ["quote", "stated"],
    "additionalProperties": False,
}
"""The JSON schema of an opinion."""


@dataclass(frozen=True, slots=True)
class OpinionTask:
    """One relation to ask about, with the chunk that is said to state it."""

    chunk: Chunk
    claim: Claim
    request: GenerationRequest


def opinion_tasks(
    chunks: Iterable[Chunk],
    raw: Iterable[RawExtraction],
    policy: JudgingPolicy,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
    judge: Judge = judge,
) -> list[OpinionTask]:
    """Return one task for every relation that the rules keep of the answers of a batch.

    Args:
        chunks: The chunks of the batch.
        raw: The raw answers about them.
        policy: What happens to what a chunk does not say.
        count: Counts the SentencePiece tokens of a text.
        labels: Facts to store with each answer.
        prompts: The templates to fill.
        judge: What judges the answers.
    """
    known = {chunk.chunk_id: chunk for chunk in chunks}
    tasks: list[OpinionTask] = []
    for row in raw:
        chunk = known.get(row.chunk_id)
        if chunk is None or row.status != "completed":
            continue
        judgement = judgement_of(row, chunk.text, policy, judge)
        for number, claim in enumerate(claims(judgement, chunk.text)):
            subject = f"{chunk.chunk_id}/{number}"
            request = opinion_request(subject, claim, count, labels, prompts=prompts)
            tasks.append(OpinionTask(chunk, claim, request))
    return tasks


def opinion_request(
    subject: str,
    claim: Claim,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
) -> GenerationRequest:
    """Return the request for an opinion on one claim."""
    messages = prompts.verification_messages(claim.passage, claim.statement)
    return GenerationRequest(
        subject=subject,
        task=SECOND_OPINION_TASK,
        messages=messages,
        sampling=SAMPLING,
        prompt_tokens=estimate_tokens(messages, count),
        json_schema=SCHEMA,
        labels={**labels, "prompt_version": prompts.version(VERIFICATION)},
    )


def example_request(
    chunk: Chunk, count: Callable[[str], int], *, prompts: PromptSet
) -> tuple[GenerationRequest, int]:
    """Return a request as a relation of a chunk would lead to, and the tokens that are its own.

    There is no relation yet: the sentence of median length stands for evidence and description.

    Args:
        chunk: The chunk.
        count: Counts the SentencePiece tokens of a text.
        prompts: The templates to fill.
    """
    spans = sentence_spans(chunk.text) or [(0, len(chunk.text))]
    sentences = sorted((" ".join(chunk.text[slice(*span)].split()) for span in spans), key=len)
    said = sentences[len(sentences) // 2]
    relation = Relation(description=said, source_entities=[], target_entities=[], strength=None)
    claim = Claim(relation, said)
    request = opinion_request(chunk.chunk_id, claim, count, {}, prompts=prompts)
    return request, count(claim.passage) + count(claim.statement)


def is_opinion(tasks: Iterable[OpinionTask]) -> Callable[[Generation], bool]:
    """Return a predicate that accepts every answer that says yes or no.

    Args:
        tasks: The relations that are asked about.
    """
    passages = {task.request.subject: task.claim.passage for task in tasks}

    def accept(generation: Generation) -> bool:
        return read_opinion(generation.text, passages[generation.subject])[0] != "none"

    return accept


def opinion_row(task: OpinionTask, outcome: Outcome) -> SecondOpinion:
    """Return the row of a relation: with an opinion, or with the reason why there is none."""
    opinion, quote = (
        read_opinion(outcome.text, task.claim.passage)
        if isinstance(outcome, Generation)
        else ("none", "")
    )
    return SecondOpinion(
        chunk_id=task.chunk.chunk_id,
        paper_id=task.chunk.paper_id,
        relation=task.claim.relation,
        passage=task.claim.passage,
        opinion=opinion,
        quote=quote,
        **generated_columns(task.request, outcome),
    )
