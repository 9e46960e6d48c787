"""One endpoint: ask it for completions, as a stream, and say what it answered.

The official `openai` client does the HTTP, without its own retries and without read timeouts: how
long a slow board may take is the dispatcher's decision, which cancels the task. What differs
between servers is in `dialects`, what went wrong in `faults`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import httpx2
import openai

from resources.generation import Generation, GenerationRequest
from resources.llama_server_pool.endpoint import Dialect, Endpoint
from resources.llama_server_pool.servers import dialects, faults
from resources.llama_server_pool.servers.dialects import ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.probes import SCHEMA_PROBE, holds_to_schema
from resources.llama_server_pool.servers.stream import StreamedAnswer, wrong_type

__all__ = ["Completion", "EndpointClient", "SchemaTrial", "ServerFacts"]

CONNECT_SECONDS = 10.0
"""Longest wait for a connection."""
QUERY_SECONDS = 10.0
"""Longest wait for an answer that needs no model: health, properties, token counts."""
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept; servers close theirs after 5 s."""
TRUNCATION_SHARE = 0.6
"""A prompt counted below this share of its estimate was cut by the server."""
TRUNCATION_FLOOR = 200
"""Prompts estimated below this many tokens are too short to judge."""
TEMPLATE_TOKENS = 64
"""What a chat template may add to the messages, in tokens."""

_NETWORK_ERRORS = (openai.APIError, httpx2.RequestError, httpx2.StreamError, ssl.SSLError, OSError)


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


class SchemaTrial(NamedTuple):
    """What a server made of a JSON schema.

    Attributes:
        enforced: Whether it held its answer to the schema.
        completion: The answer; `None` when it refused the schema, which then is sent no more.
    """

    enforced: bool
    completion: Completion | None


class EndpointClient:
    """Speaks with one endpoint.

    Args:
        config: The endpoint.
        model: Identity of the model when the endpoint names none.
        api_key: Key to send; never logged.
    """

    def __init__(
        self, config: Endpoint, *, model: str | None = None, api_key: str | None = None
    ) -> None:
        self.config = config
        self.model = config.model or model
        self._dialect = config.dialect
        self._sends_schemas = True
        self._client = openai.AsyncOpenAI(
            base_url=f"{config.url}/v1",
            api_key=api_key or "none",
            max_retries=0,
            http_client=_http_client(config),
        )

    async def discover(self) -> ServerFacts:
        """Return what the server says about itself.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        return await self.examine(await self.greet())

    async def greet(self) -> ServerFacts:
        """Return what the server says about itself without being disturbed in its work.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        dialect = await self._known_dialect()
        if dialect is Dialect.llama_cpp_python:
            await self.probe()
            return self._configured(ServerFacts(dialect))
        return self._configured(await dialects.discover(self, dialect, self.model))

    async def examine(self, facts: ServerFacts) -> ServerFacts:
        """Return `facts` with what the server tells only when it has nothing else to do.

        llama-cpp-python breaks off the request it works on for any question about its model
        (`interrupt_requests`), so only who holds its slot may ask.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        if facts.dialect is not Dialect.llama_cpp_python or (facts.context and facts.model):
            return facts
        return self._configured(await dialects.discover(self, facts.dialect, self.model))

    def _configured(self, facts: ServerFacts) -> ServerFacts:
        """Complete facts by the configuration, which wins but for the name of the model."""
        return ServerFacts(
            facts.dialect,
            self.config.slots or facts.slots or dialects.ASSUMED_SLOTS[facts.dialect],
            self.config.context or facts.context,
            facts.model or self.model,
        )

    async def probe(self) -> None:
        """Return when the server is ready to serve.

        Raises:
            EndpointFault: It is not, and why.
        """
        await self.get(dialects.health_path(await self._known_dialect()))

    async def complete(
        self, request: GenerationRequest, on_tokens: Callable[[int], None], facts: ServerFacts
    ) -> Completion:
        """Return the answer to `request`.

        Cancelling the task closes the connection, so that the server frees the slot.

        Args:
            request: What to generate.
            on_tokens: Called with the number of tokens decoded so far, at every change.
            facts: What `discover` returned.

        Raises:
            EndpointFault: The server gave no usable answer.
        """
        try:
            return await self._stream(request, on_tokens, facts)
        except _NETWORK_ERRORS as error:
            raise self._fault(error) from error
        except EndpointFault as fault:
            if fault.kind == "empty_choices" and facts.dialect is Dialect.llama_cpp_python:
                await self._refuse_overlong(request, facts)
            raise

    async def _refuse_overlong(self, request: GenerationRequest, facts: ServerFacts) -> None:
        """Say that the prompt is too long where the server answers that with an empty stream."""
        text = "".join(message["content"] for message in request.messages)
        counted = await self.count_tokens(text, facts)
        if counted is not None and facts.context and counted + TEMPLATE_TOKENS >= facts.context:
            detail = f"the prompt has {counted} tokens, the context {facts.context}"
            raise EndpointFault(
                "context_exceeded", detail, Disposition.context, context=facts.context
            )

    async def try_schema(self, facts: ServerFacts) -> SchemaTrial:
        """Ask for an answer that a server gives only if it holds answers to a JSON schema.

        Raises:
            EndpointFault: The server did not answer; a refused schema is an answer.
        """
        try:
            completion = await self.complete(SCHEMA_PROBE, lambda _: None, facts)
        except EndpointFault as fault:
            if fault.disposition is Disposition.schema:
                self._sends_schemas = False
                return SchemaTrial(enforced=False, completion=None)
            raise
        return SchemaTrial(holds_to_schema(completion.generation.text), completion)

    async def count_tokens(self, text: str, facts: ServerFacts) -> int | None:
        """Return the length of `text` in the server's tokens, or None where it cannot tell.

        Raises:
            EndpointFault: The server did not answer.
        """
        return await dialects.count_tokens(self, facts.dialect, text)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def get(self, path: str) -> Any:
        """Return the JSON that `path` of the server answers, or its text when it is no JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        url = self.config.url + path
        return await self._query(lambda: self._client.get(url, cast_to=object))

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that `path` answers to `body`, or its text when it is no JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        url = self.config.url + path
        return await self._query(lambda: self._client.post(url, body=body, cast_to=object))

    async def _query(self, ask: Callable[[], Coroutine[Any, Any, object]]) -> Any:
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                try:
                    answer = await ask()
                except openai.APIConnectionError as error:
                    if self._fault(error).kind != "reset":
                        raise
                    answer = await ask()  # the server had closed the kept connection
        except TimeoutError as error:
            detail = f"no answer within {QUERY_SECONDS:g} s"
            raise EndpointFault("timeout", detail, Disposition.server) from error
        except _NETWORK_ERRORS as error:
            raise self._fault(error) from error
        except ValueError as error:
            raise EndpointFault("bad_body", f"broken JSON: {error}", Disposition.server) from error
        if isinstance(answer, str) and answer.lstrip()[:1] == "<":
            raise wrong_type("text/html", answer)
        return answer

    async def _known_dialect(self) -> Dialect:
        if self._dialect is Dialect.auto:
            self._dialect = await dialects.recognise(self)
        return self._dialect

    def _fault(self, error: BaseException) -> EndpointFault:
        return faults.from_exception(error, key_variable=self.config.api_key_env)

    async def _stream(
        self, request: GenerationRequest, on_tokens: Callable[[int], None], facts: ServerFacts
    ) -> Completion:
        answer = StreamedAnswer(on_tokens)
        async with self._client.chat.completions.with_streaming_response.create(
            **self._body(request, facts)
        ) as response:
            content_type = response.headers.get("content-type", "")
            if not content_type.startswith("text/event-stream"):
                raise wrong_type(content_type, await response.text())
            await answer.read(response.iter_lines(), self.config.api_key_env)
        try:
            return self._completion(request, answer, facts)
        except (TypeError, ValueError, AttributeError) as error:
            detail = f"usage or timings of the answer make no sense: {error}"
            raise EndpointFault("bad_body", detail, Disposition.server) from error

    def _body(self, request: GenerationRequest, facts: ServerFacts) -> dict[str, Any]:
        sampling = request.sampling
        body: dict[str, Any] = {
            "model": self.model or facts.model or "default",
            "messages": request.messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": sampling.temperature,
            "max_tokens": sampling.max_tokens,
            "top_p": sampling.top_p,
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if request.json_schema is not None and self._sends_schemas:
            body["response_format"] = dialects.response_format(facts.dialect, request.json_schema)
        return body

    def _completion(
        self, request: GenerationRequest, answer: StreamedAnswer, facts: ServerFacts
    ) -> Completion:
        usage, timings = answer.usage, answer.timings
        details = usage.get("prompt_tokens_details") or {}
        cached = details.get("cached_tokens") or timings.get("cache_n") or 0
        prompt = usage.get("prompt_tokens") or 0
        _refuse_truncated(request, prompt, facts)
        generation = Generation(
            subject=request.subject,
            text="".join(answer.parts),
            finish_reason=cast(str, answer.finish_reason),
            model=self.model or facts.model or answer.model,
            endpoint=self.config.name,
            prompt_tokens=prompt or request.prompt_tokens,
            cached_tokens=cached,
            completion_tokens=usage.get("completion_tokens") or answer.tokens,
            seconds=answer.ended - answer.started,
            attempt=request.attempt,
        )
        if "prompt_ms" in timings and "predicted_ms" in timings:
            prefill, decode = timings["prompt_ms"] / 1000, timings["predicted_ms"] / 1000
        else:
            prefill = answer.first_token - answer.started
            decode = answer.last_token - answer.first_token
        return Completion(generation, prefill, decode)


def _refuse_truncated(request: GenerationRequest, counted: int, facts: ServerFacts) -> None:
    estimate = request.prompt_tokens
    if counted and estimate >= TRUNCATION_FLOOR and counted < TRUNCATION_SHARE * estimate:
        raise EndpointFault(
            "prompt_truncated",
            f"the server counted {counted} tokens of a prompt of about {estimate}",
            Disposition.context,
            context=facts.context or counted,
        )


def _http_client(config: Endpoint) -> httpx2.AsyncClient:
    loopback = urlsplit(config.url).hostname in ("127.0.0.1", "localhost", "::1")
    return httpx2.AsyncClient(
        trust_env=not loopback,  # a proxy of the environment cannot reach this machine's loopback
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )
