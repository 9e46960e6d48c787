"""The JSON of a chat completion: chunks of a stream, the complete answer, counts and timings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Tally:
    """Tokens and clock of one completion.

    Attributes:
        prompt: Tokens of the prompt, as the server counts them.
        cached: How many of these were cached.
        started: Clock in seconds when the prefill began.
        prefilled: Clock in seconds when the prefill ended.
    """

    prompt: int
    cached: int = 0
    started: float = 0.0
    prefilled: float = 0.0


def chunk(model: str, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """Return one event of a stream."""
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def whole(model: str, text: str, finish: str, counts: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is not streamed."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": counts,
    }


def usage(prompt: int, tokens: int, cached: int | None) -> dict[str, Any]:
    """Return the token counts of an answer; without those cached where the server hides them."""
    counts: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": tokens,
        "total_tokens": prompt + tokens,
    }
    if cached is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": cached}
    return counts


def timings(tally: Tally, tokens: int, now: float) -> dict[str, Any]:
    """Return the milliseconds of both phases, as llama.cpp writes them."""
    prompt = tally.prompt - tally.cached
    prompt_ms = max((tally.prefilled - tally.started) * 1000, 0.001)
    predicted_ms = max((now - tally.prefilled) * 1000, 0.001)
    return {
        "cache_n": tally.cached,
        "prompt_n": prompt,
        "prompt_ms": prompt_ms,
        "prompt_per_second": prompt / prompt_ms * 1000,
        "predicted_n": tokens,
        "predicted_ms": predicted_ms,
        "predicted_per_second": tokens / predicted_ms * 1000,
    }
