"""From a request to the body to send, and from a streamed answer to a generation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from resources.generation import Generation, GenerationRequest
from resources.llama_server_pool.servers.decoding import MOST_SECONDS
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.reasoning import take_apart
from resources.llama_server_pool.servers.stream import Limits, StreamedAnswer
from resources.llama_server_pool.servers.template_tokens import cut_off
from resources.redaction import struck_out


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
    limits: Limits,
    response_format: dict[str, Any] | None,
    takes: Collection[str] = (),
    further: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the JSON of a streamed chat completion.

    Args:
        request: What to generate.
        model: Name of the model to ask for.
        limits: How long answer and thoughts may become.
        response_format: The JSON schema in the form the server takes; None sends none.
        takes: Names of the further sampling options that the server knows; others are not sent.
        further: Further members, as the endpoint and its server software want them.
    """
    sampling = request.sampling
    body: dict[str, Any] = {
        **further,
        "model": model,
        "messages": request.messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": sampling.temperature,
        "max_tokens": limits.answer + limits.thoughts,
        "top_p": sampling.top_p,
    }
    body |= {name: value for name, value in sampling.further.items() if name in takes}
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
    as_meant: Callable[[str], str] = str,
) -> Completion:
    """Return a complete answer with its counts and timings; the server's own if it sends them.

    Args:
        request: What was asked.
        answer: The stream, read to its end.
        endpoint: Name of the endpoint.
        model: The model; if None, the name in the answer is used.
        as_meant: Returns an answer with what the request held in another form.

    Raises:
        EndpointFault: Its counts make no sense.
    """
    usage, timings = answer.usage, answer.timings
    prompt = usage.count("prompt_tokens") or 0
    cached = usage.inside("prompt_tokens_details").count("cached_tokens")
    words, thoughts = take_apart(struck_out("".join(answer.parts)))  # servers may echo their key
    text, rest = cut_off(words)
    generation = Generation(
        subject=request.subject,
        text=as_meant(text),
        finish_reason=cast(str, answer.finish_reason),
        model=model or answer.model,
        endpoint=endpoint,
        prompt_tokens=prompt or request.prompt_tokens,
        cached_tokens=cached or timings.count("cache_n") or 0,
        completion_tokens=usage.count("completion_tokens") or answer.tokens,
        seconds=answer.ended - answer.started,
        attempt=request.attempt,
        reasoning="\n".join(filter(None, (struck_out("".join(answer.thoughts)), thoughts))),
        cut_off=rest,
    )
    return Completion(generation, *_phases(answer))


def refuse_mere_thoughts(completion: Completion) -> None:
    """Refuse an answer that spent all its tokens on thoughts.

    Raises:
        EndpointFault: The model thought until its tokens were spent, and did not answer.
    """
    generation = completion.generation
    if generation.text.strip() or not generation.reasoning:
        return
    raise EndpointFault(
        "only_thoughts",
        f"all {generation.completion_tokens} tokens went into thoughts, none into an answer;"
        ' set the endpoint\'s `thinking = "off"`, or raise its `reasoning_tokens`',
        Disposition.server,
    )


def _phases(answer: StreamedAnswer) -> tuple[float, float]:
    """Return the seconds of prefill and of decode."""
    most = MOST_SECONDS * 1000
    prefill = answer.timings.number("prompt_ms", most)
    decode = answer.timings.number("predicted_ms", most)
    if prefill is not None and decode is not None:
        return prefill / 1000, decode / 1000
    return answer.first_token - answer.started, answer.last_token - answer.first_token
