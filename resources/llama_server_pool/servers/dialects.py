"""How llama.cpp server, llama-cpp-python, vLLM, Ollama and plain OpenAI differ.

Here: recognising the software behind a URL, spelling a JSON schema, finding model, slots and
context, asking for health and counting tokens. What an error answer means is in `faults`; sending
requests is in `client`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

SCHEMA_NAME = "answer"
"""Name that `json_schema` wants for every schema."""
ASSUMED_SLOTS = {
    Dialect.llama_cpp: 1,
    Dialect.llama_cpp_python: 1,  # one request at a time behind a lock
    Dialect.vllm: 16,  # batches by itself; its limit is 256 or more and cannot be asked
    Dialect.ollama: 1,  # OLLAMA_NUM_PARALLEL cannot be asked; later versions start with one
    Dialect.openai: 4,  # a service; throttles when it is too much
}
"""Slots where the server cannot be asked and none are configured."""
OLLAMA_CONTEXT = 4096
"""Context Ollama gives a model when nothing else is set (OLLAMA_CONTEXT_LENGTH)."""
OVERLONG_WORDS = 300_000
"""Longer than the context of any model that llama-cpp-python serves."""

_HEALTH = {
    Dialect.llama_cpp: "/health",
    Dialect.llama_cpp_python: "/openapi.json",  # everything else waits for the running request
    Dialect.vllm: "/health",
    Dialect.ollama: "/api/version",
    Dialect.openai: "/v1/models",
}
_CONTEXT_PARAMETER = re.compile(r"^num_ctx\s+(\d+)", re.MULTILINE)


class Asker(Protocol):
    """What asks a server; `client.EndpointClient` does."""

    async def get(self, path: str) -> Any:
        """Return the JSON that a GET answers, or raise `EndpointFault`."""

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that a POST answers, or raise `EndpointFault`."""


@dataclass(frozen=True)
class ServerFacts:
    """What a server said about itself, completed by its configuration.

    Attributes:
        dialect: The server software; never `auto`.
        slots: Requests it serves at once, where known.
        context: Context of one slot in tokens, where known.
        model: The model it serves, where known.
    """

    dialect: Dialect
    slots: int | None = None
    context: int | None = None
    model: str | None = None


def response_format(dialect: Dialect, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `response_format` by which this dialect enforces a JSON schema."""
    if dialect is Dialect.llama_cpp_python:
        return {"type": "json_object", "schema": dict(schema)}
    strict = {"strict": True} if dialect in (Dialect.openai, Dialect.vllm) else {}
    named = {"name": SCHEMA_NAME, "schema": dict(schema), **strict}
    return {"type": "json_schema", "json_schema": named}


def health_path(dialect: Dialect) -> str:
    """Return a path that answers 200 when the server is ready, without disturbing its work."""
    return _HEALTH[dialect]


async def recognise(server: Asker) -> Dialect:
    """Return the software behind a URL, asking what only one of them answers.

    Raises:
        EndpointFault: The server cannot be reached, is still loading, or refuses the key.
    """
    if "default_generation_settings" in await _ask(server, "/props"):
        return Dialect.llama_cpp
    if "llama.cpp" in str((await _ask(server, "/openapi.json")).get("info", {})):
        return Dialect.llama_cpp_python
    if "version" in await _ask(server, "/api/version"):
        return Dialect.ollama
    listed = _models(await server.get("/v1/models"))
    if any(model.get("owned_by") == "vllm" or "max_model_len" in model for model in listed):
        return Dialect.vllm
    return Dialect.openai


async def discover(server: Asker, dialect: Dialect, wanted: str | None) -> ServerFacts:
    """Return what a server of this dialect says about itself.

    Args:
        server: The server.
        dialect: Its dialect, not `auto`.
        wanted: Name of the model that requests will ask for, when configured.

    Raises:
        EndpointFault: The server did not answer usably, or does not have the wanted model.
    """
    if dialect is Dialect.llama_cpp:
        return await _discover_llama_cpp(server)
    if dialect is Dialect.llama_cpp_python:
        facts = ServerFacts(dialect, context=await _overflow_context(server))
        listed = _models(await server.get("/v1/models"))
        facts = replace(facts, model=str(listed[0].get("id")) if listed else None)
    else:
        facts = await _discover_by_list(server, dialect, wanted)
    return replace(facts, slots=ASSUMED_SLOTS[dialect])


async def count_tokens(server: Asker, dialect: Dialect, text: str) -> int | None:
    """Return the length of a text in the server's tokens, or None where it cannot tell.

    Raises:
        EndpointFault: The server did not answer usably.
    """
    try:
        if dialect is Dialect.llama_cpp:
            answer = await server.post("/tokenize", {"content": text, "add_special": False})
            return len(answer["tokens"])
        if dialect is Dialect.llama_cpp_python:
            answer = await server.post("/extras/tokenize/count", {"input": text})
            return int(answer["count"])
        if dialect is Dialect.vllm:
            answer = await server.post("/tokenize", {"prompt": text, "add_special_tokens": False})
            return int(answer["count"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable("the answer to a token count", error) from error
    return None


async def _discover_llama_cpp(server: Asker) -> ServerFacts:
    properties = await server.get("/props")
    try:
        path = str(properties.get("model_path") or "").rpartition("/")[2]
        return ServerFacts(
            Dialect.llama_cpp,
            slots=properties.get("total_slots") or ASSUMED_SLOTS[Dialect.llama_cpp],
            context=properties["default_generation_settings"].get("n_ctx"),
            model=properties.get("model_alias") or path.removesuffix(".gguf") or None,
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise _unusable("/props", error) from error


async def _discover_by_list(server: Asker, dialect: Dialect, wanted: str | None) -> ServerFacts:
    listed = {str(model.get("id")): model for model in _models(await server.get("/v1/models"))}
    name = next((one for one in (wanted, f"{wanted}:latest") if one in listed), None)
    if wanted is not None and name is None:
        names = ", ".join(sorted(listed)[:8]) or "none"
        detail = f"the server has no model {wanted!r}; it has: {names}"
        raise EndpointFault("model_not_found", detail, Disposition.auth)
    name = name or (next(iter(listed)) if len(listed) == 1 else None)
    if name is None:
        detail = f"the server has {len(listed)} models; name one in the endpoint's `model`"
        raise EndpointFault("model_not_found", detail, Disposition.auth)
    context = listed[name].get("max_model_len")
    if dialect is Dialect.ollama:
        context = await _ollama_context(server, name)
    return ServerFacts(dialect, context=context, model=name)


async def _ollama_context(server: Asker, model: str) -> int:
    """Return the context of a loaded model, or what its settings give it once it is loaded."""
    for running in (await _ask(server, "/api/ps")).get("models", []):
        if running.get("name") == model and running.get("context_length"):
            return int(running["context_length"])
    shown = await server.post("/api/show", {"model": model})
    match = _CONTEXT_PARAMETER.search(str(shown.get("parameters", "")))
    return int(match.group(1)) if match else OLLAMA_CONTEXT


async def _overflow_context(server: Asker) -> int | None:
    """Return the context llama-cpp-python names when it refuses a prompt that cannot fit."""
    body = {"model": "default", "prompt": "a " * OVERLONG_WORDS, "max_tokens": 1}
    try:
        await server.post("/v1/completions", body)
    except EndpointFault as fault:
        if fault.disposition is Disposition.context:
            return fault.context
        raise
    return None


async def _ask(server: Asker, path: str) -> dict[str, Any]:
    """Return the JSON object of a path, empty when this software does not have the path."""
    try:
        answer = await server.get(path)
    except EndpointFault as fault:
        if fault.kind in ("http_404", "http_405", "http_501", "bad_body", "html"):
            return {}
        raise
    return answer if isinstance(answer, dict) else {}


def _models(answer: Any) -> list[dict[str, Any]]:
    listed = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise EndpointFault(
            "bad_body",
            "/v1/models answers no list of models; is this an OpenAI-compatible server?",
            Disposition.server,
        )
    return listed


def _unusable(what: str, error: Exception) -> EndpointFault:
    detail = f"{what} is not what this server software answers ({type(error).__name__}: {error})"
    return EndpointFault("bad_body", detail, Disposition.server)
