"""From a request to the body to send, and from a streamed answer to a generation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from resources.generation import Generation, GenerationRequest
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.stream import StreamedAnswer

TRUNCATION_SHARE = 0.6
"""If the server counts less than this share of the estimate, it has cut the prompt."""
TRUNCATION_FLOOR = 200
"""Prompts estimated below this many tokens are too short to judge."""


@dataclass(frozen=True)
class Completion:
    """One answer and how long its two phases took.

    Attributes:
        generation: The answer.
        prefill_seconds: Time until the first token.
        decode_seconds: Time from the first token to the last.
    """

    generation: Generation
    prefill_seconds: float
    decode_seconds: float


def request_body(
    request: GenerationRequest,
    *,
    model: str,
    response_format: dict[str, Any] | None,
    takes: Collection[str] = (),
) -> dict[str, Any]:
    """Return the JSON of a streamed chat completion.

    Args:
        request: What to generate.
        model: Name of the model to ask for.
        response_format: The JSON schema in the form the server takes; None sends none.
        takes: Names of the further sampling options that the server knows; others are not sent.
    """
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": request.messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
        "top_p": sampling.top_p,
    }
    further = {name: value for name, value in sampling.further.items() if name in takes}
    if further:
        body["extra_body"] = further  # the client knows the options of OpenAI's API only
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if response_format is not None:
        body["response_format"] = response_format
    return body


def completion_of(
    request: GenerationRequest,
    answer: StreamedAnswer,
    *,
    endpoint: str,
    model: str | None,
    context: int | None,
) -> Completion:
    """Return a complete answer with its counts and timings; the server's own if it sends them.

    Args:
        request: What was asked.
        answer: The stream, read to its end.
        endpoint: Name of the endpoint.
        model: The model; if None, the name in the answer is used.
        context: Context of the endpoint in tokens, if known.

    Raises:
        EndpointFault: The server cut the prompt, or its counts make no sense.
    """
    try:
        return _completion(request, answer, endpoint=endpoint, model=model, context=context)
    except (TypeError, ValueError, AttributeError) as error:
        detail = f"usage or timings of the answer make no sense: {error}"
        raise EndpointFault("bad_body", detail, Disposition.server) from error


def _completion(
    request: GenerationRequest,
    answer: StreamedAnswer,
    *,
    endpoint: str,
    model: str | None,
    context: int | None,
) -> Completion:
    usage, timings = answer.usage, answer.timings
    details = usage.get("prompt_tokens_details") or {}
    prompt = usage.get("prompt_tokens") or 0
    _refuse_truncated(request, prompt, context)
    generation = Generation(
        subject=request.subject,
        text="".join(answer.parts),
        finish_reason=cast(str, answer.finish_reason),
        model=model or answer.model,
        endpoint=endpoint,
        prompt_tokens=prompt or request.prompt_tokens,
        cached_tokens=details.get("cached_tokens") or timings.get("cache_n") or 0,
        completion_tokens=usage.get("completion_tokens") or answer.tokens,
        seconds=answer.ended - answer.started,
        attempt=request.attempt,
    )
    return Completion(generation, *_phases(answer))


def _phases(answer: StreamedAnswer) -> tuple[float, float]:
    """Return the seconds of prefill and of decode."""
    timings = answer.timings
    if "prompt_ms" in timings and "predicted_ms" in timings:
        return timings["prompt_ms"] / 1000, timings["predicted_ms"] / 1000
    return answer.first_token - answer.started, answer.last_token - answer.first_token


def _refuse_truncated(request: GenerationRequest, counted: int, context: int | None) -> None:
    estimate = request.prompt_tokens
    if counted and estimate >= TRUNCATION_FLOOR and counted < TRUNCATION_SHARE * estimate:
        raise EndpointFault(
            "prompt_truncated",
            f"the server counted {counted} tokens of a prompt of about {estimate}",
            Disposition.context,
            context=context or counted,
        )
