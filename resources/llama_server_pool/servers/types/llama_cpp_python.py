"""The server of llama-cpp-python: one request at a time, and easily disturbed.

By default it aborts the request it is working on for any question about its model
(`interrupt_requests`). So it is greeted without such questions, and examined once its slot is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resources.generation import GenerationRequest
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import Fields
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.questions import (
    Asker,
    listed_models,
    model_id,
    optional_page,
)
from resources.llama_server_pool.servers.server_type import (
    FURTHER_OPTIONS,
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)

OVERLONG_WORDS = 300_000
"""Longer than the context of any model that llama-cpp-python serves."""
TEMPLATE_TOKENS = 64
"""Most tokens that a chat template may add to the messages."""


@register
class LlamaCppPython(ServerType):
    """`python -m llama_cpp.server` of llama-cpp-python."""

    dialect = Dialect.llama_cpp_python
    health_path = "/openapi.json"  # every other page waits for the running request
    assumed_slots = 1  # one request at a time, behind a lock
    sampling_options = FURTHER_OPTIONS
    error_phrases = ErrorPhrases(prompt_too_long=("exceed context window",))

    async def recognises(self, server: Asker) -> bool:
        """Look for the library's name in the description of the API."""
        description = await optional_page(server, "/openapi.json")
        return "llama.cpp" in (description.inside("info").text("title") or "")

    async def greet(self, server: Asker) -> ServerFacts:
        """Ask nothing about the model: that would abort the running request."""
        await server.get(self.health_path)
        return ServerFacts(self.dialect)

    async def examine(self, server: Asker, facts: ServerFacts) -> ServerFacts:
        """Ask for the context and the model that `greet` left open."""
        if facts.context and facts.model:
            return facts
        return await self.discover(server)

    async def discover(self, server: Asker) -> ServerFacts:
        """Learn the context from a refusal and the model from the list of models."""
        context = await _context_in_refusal(server)
        listed = await listed_models(server)
        model = model_id(listed[0]) if listed else None
        return ServerFacts(self.dialect, context=context, model=model)

    def response_format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a JSON object that follows the schema; `json_schema` is refused."""
        return {"type": "json_object", "schema": dict(schema)}

    async def _count(self, server: Asker, text: str) -> int | None:
        answer = await server.post("/extras/tokenize/count", {"input": text})
        return Fields(answer, "a count of tokens").count("count")

    async def explain(
        self, server: Asker, fault: EndpointFault, request: GenerationRequest, facts: ServerFacts
    ) -> EndpointFault:
        """Recognise a prompt that is too long: the server answers it with an empty stream."""
        if fault.kind != "empty_choices":
            return fault
        text = "".join(message["content"] for message in request.messages)
        counted = await self.count_tokens(server, text)
        if counted is None or not facts.context or counted + TEMPLATE_TOKENS < facts.context:
            return fault
        detail = f"the prompt has {counted} tokens, the context {facts.context}"
        return EndpointFault("context_exceeded", detail, Disposition.context, context=facts.context)


async def _context_in_refusal(server: Asker) -> int | None:
    """Return the context in tokens that the server names when it refuses an overlong prompt."""
    body = {"model": "default", "prompt": "a " * OVERLONG_WORDS, "max_tokens": 1}
    try:
        await server.post("/v1/completions", body)
    except EndpointFault as fault:
        if fault.disposition is Disposition.context:
            return fault.context
        raise
    return None
