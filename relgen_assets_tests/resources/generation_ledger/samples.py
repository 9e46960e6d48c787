"""Requests and answers to put into a ledger."""

from __future__ import annotations

from typing import Any

from resources.generation import (
    Failure,
    Fault,
    Generation,
    GenerationRequest,
    Sampling,
)

MODEL = "mistral-7b-instruct-q4"


def a_request(number: int = 0, **changes: Any) -> GenerationRequest:
    values: dict[str, Any] = {
        "subject": f"paper-{number:04d}#0000",
        "task": "extraction",
        "messages": (
            {"role": "system", "content": "Extract entities and relations."},
            {"role": "user", "content": f"Chunk {number} with @xmath{number}."},
        ),
        "sampling": Sampling(temperature=0.2, max_tokens=700, seed=number),
        "prompt_tokens": 900,
        "json_schema": {"type": "object", "properties": {"b": {}, "a": {}}},
        "labels": {"run_id": "run-1", "partition": "papers-00000", "prompt_version": "abc"},
    }
    return GenerationRequest(**{**values, **changes})


def an_answer(request: GenerationRequest, text: str = '{"ok": true}', **changes: Any) -> Generation:
    values: dict[str, Any] = {
        "subject": request.subject,
        "text": text,
        "finish_reason": "stop",
        "model": MODEL,
        "endpoint": "gpu-1",
        "prompt_tokens": 911,
        "cached_tokens": 512,
        "completion_tokens": 77,
        "seconds": 2.25,
        "attempt": request.attempt,
    }
    return Generation(**{**values, **changes})


def a_failure(request: GenerationRequest) -> Failure:
    faults = (
        Fault("gpu-1", "http_500", "internal error"),
        Fault("gpu-2", "stalled", "no token for 60 s"),
    )
    return Failure(request.subject, "endpoints_exhausted", faults)


def pairs(*numbers: int) -> list[tuple[GenerationRequest, Generation]]:
    """Return requests with their answers."""
    requests = [a_request(number) for number in numbers]
    return [(one, an_answer(one, text=f'{{"n": {one.sampling.seed}}}')) for one in requests]
