"""The columns that every generated row has: of an answer, or of a request that got none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relgen_assets.rows.models import ChatMessage
from resources.control_tokens import neutralised
from resources.generation import (
    Failure,
    FailureReason,
    Generation,
    GenerationRequest,
    Message,
    Outcome,
    next_attempt,
)
from resources.generation_ledger.keys import generation_key


def generated_columns(request: GenerationRequest, outcome: Outcome) -> dict[str, Any]:
    """Return the columns of `GeneratedRow` except the ids."""
    version = request.labels["prompt_version"]
    if not isinstance(outcome, Generation):
        return unanswered_columns(status_of(outcome), outcome.reason, version, request.messages)
    return {
        "status": "completed",
        "reason": None,
        "prompt_version": version,
        "messages": [ChatMessage(**message) for message in request.messages],
        "text": neutralised(outcome.text),  # it is shown in prompts, and a row of the dataset
        "finish_reason": outcome.finish_reason,
        "model": outcome.model,
        "endpoint": outcome.endpoint,
        "prompt_tokens": outcome.prompt_tokens,
        "completion_tokens": outcome.completion_tokens,
        "seconds": outcome.seconds,
        "attempt": outcome.attempt,
        "key": _key(request, outcome),
    }


def status_of(failure: Failure) -> str:
    """Return the status of a row whose request failed: `refused` if no server can take it."""
    return "refused" if failure.reason == FailureReason.CONTEXT_EXCEEDED else "failed"


def unanswered_columns(
    status: str, reason: str | None, version: str, messages: Sequence[Message]
) -> dict[str, Any]:
    """Return the columns of `GeneratedRow` except the ids, for a row without an answer."""
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


def _key(request: GenerationRequest, answer: Generation) -> str:
    """Return the ledger key of an answer, which may come from a later attempt."""
    while request.attempt < answer.attempt:
        request = next_attempt(request)
    return generation_key(request, answer.model)
